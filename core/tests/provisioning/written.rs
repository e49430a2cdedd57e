//! A way to each real system on which every call is written down that asks for a change: the calls themselves, not what Steward says of
//! them.

use crate::failures::dns_url;
use crate::world::env;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use steward_core::platform::{KubernetesSettings, PlatformSettings};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// The methods that ask for a change. OpenBao's LIST and everybody's GET ask for none.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
/// Signing in changes nothing that is the tenant's, and comes when a token is due.
const SIGN_IN: [&str; 2] = ["/protocol/openid-connect/token", "/v1/auth/approle/login"];

/// What was asked for since it began. Dropped with it, the way to Kubernetes ends.
pub struct Written {
    calls: Arc<Mutex<Vec<String>>>,
    kubeconfig: PathBuf,
    _kubernetes: Child,
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

impl Written {
    /// The same settings, with such a way to each system.
    pub async fn on_the_way(mut settings: PlatformSettings) -> (Self, PlatformSettings) {
        let calls = Arc::default();
        for url in [&mut settings.keycloak.url, &mut settings.openbao.url, &mut settings.grafana.url, dns_url(&mut settings.dns)] {
            *url = way(url, &calls).await;
        }
        let (kubernetes, plain) = in_the_clear().await;
        let text = std::fs::read_to_string(&settings.kubernetes.kubeconfig).expect("a kubeconfig");
        let server = text.split('"').find(|word| word.starts_with("https://")).expect("an API server").to_owned();
        let kubeconfig = std::env::temp_dir().join(format!("steward-test-written-{}.kubeconfig", uuid::Uuid::new_v4().simple()));
        std::fs::write(&kubeconfig, text.replace(&server, &way(&plain, &calls).await)).expect("written");
        settings.kubernetes = KubernetesSettings { kubeconfig: kubeconfig.clone() };
        (Self { calls, kubeconfig, _kubernetes: kubernetes }, settings)
    }

    /// Method and path of each call, in order.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

/// The API server without TLS, so that a way to it can read along. Who calls shows its own credentials all the same.
async fn in_the_clear() -> (Child, String) {
    let mut proxy = Command::new("kubectl");
    proxy.args(["--kubeconfig", &env("STEWARD_KUBECONFIG"), "proxy", "--port=0"]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut proxy = proxy.spawn().expect("kubectl (Debian: kubernetes-client)");
    let mut said = BufReader::new(proxy.stdout.take().expect("its words")).lines();
    let line = said.next_line().await.expect("a line").expect("where it listens");
    let address = line.rsplit(' ').next().expect("an address");
    (proxy, format!("http://{address}"))
}

/// A way to a system: the same URL at an address of its own.
async fn way(url: &str, calls: &Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let mut here = reqwest::Url::parse(url).expect("a URL");
    let target = format!("{}:{}", here.host_str().expect("a host"), here.port_or_known_default().expect("a port"));
    here.set_ip_host(std::net::Ipv4Addr::LOCALHOST.into()).expect("a host");
    here.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
    let calls = Arc::clone(calls);
    tokio::spawn(async move {
        while let Ok((from, _)) = listener.accept().await {
            let Ok(to) = TcpStream::connect(&target).await else { continue };
            tokio::spawn(read_along(from, to, Arc::clone(&calls)));
        }
    });
    here.as_str().trim_end_matches('/').to_owned()
}

/// Hands on what either side says. A call begins where one begins to speak: nobody asks again before it was answered.
async fn read_along(from: TcpStream, to: TcpStream, calls: Arc<Mutex<Vec<String>>>) {
    let ((mut from_read, mut from_write), (mut to_read, mut to_write)) = (from.into_split(), to.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut to_read, &mut from_write).await });
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from_read.read(&mut bytes).await {
        let begins = String::from_utf8_lossy(&bytes[..read.min(1024)]);
        if let Some(call) = begins.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1"))
            && METHODS.iter().any(|method| call.starts_with(&format!("{method} /")))
            && !SIGN_IN.iter().any(|path| call.ends_with(path))
        {
            calls.lock().unwrap().push(call.to_owned());
        }
        if to_write.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
