//! A tenant's namespace as its run would have made it, and something in it that uses a part of its storage. No worker runs in these tests.

use super::environment;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Goes away at the end of the test.
pub struct InUse {
    namespace: String,
}

impl InUse {
    /// So many GiB of 200.
    pub async fn storage(short_name: &str, tenant_id: &str, gib: u32) -> Self {
        let namespace = format!("tenant-{short_name}");
        let labels = serde_json::json!({ "steward.inosec.com/tenant-id": tenant_id });
        let inside = serde_json::json!({ "name": "tenant", "namespace": namespace, "labels": labels });
        let of = |kind: &str, metadata: &serde_json::Value, spec: serde_json::Value| {
            serde_json::json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec }).to_string()
        };
        create(&of("Namespace", &serde_json::json!({ "name": namespace, "labels": labels }), serde_json::json!({})));
        let in_use = Self { namespace };
        create(&of("ResourceQuota", &inside, serde_json::json!({ "hard": { "requests.storage": "200Gi" } })));
        // What comes before Kubernetes counts is not counted for minutes.
        in_use.counted("hard", "200Gi").await;
        let claimed = serde_json::json!({ "requests": { "storage": format!("{gib}Gi") } });
        create(&of("PersistentVolumeClaim", &inside, serde_json::json!({ "accessModes": ["ReadWriteOnce"], "resources": claimed })));
        in_use.counted("used", &format!("{gib}Gi")).await;
        in_use
    }

    async fn counted(&self, column: &str, figure: &str) {
        let path = format!("jsonpath={{.status.{column}.requests\\.storage}}");
        for _ in 0..150 {
            let seen = kubectl(&["get", "resourcequota", "tenant", "--namespace", &self.namespace, "--output", &path], "");
            if seen.as_deref() == Ok(figure) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{column} is not {figure} within 30 s");
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let _ = kubectl(&["delete", "namespace", &self.namespace, "--wait=false"], "");
    }
}

fn create(object: &str) {
    kubectl(&["create", "--filename", "-"], object).unwrap();
}

/// With the rights of the cluster's administrator. What it reads, or why it was refused.
fn kubectl(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut command = Command::new("kubectl");
    command.arg("--kubeconfig").arg(environment("KUBECONFIG")).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
