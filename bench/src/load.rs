//! A bounded load over keep-alive connections on loopback: so many connections, so many seconds, then it stops by itself.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What came of a load.
#[derive(Debug)]
pub struct Outcome {
    /// Answers per second.
    pub per_second: f64,
    /// Milliseconds that 99 of 100 answers took at most.
    pub p99_ms: f64,
    /// Bytes of the last answer, as sent.
    pub bytes: usize,
}

/// Sends the paths in turn over `connections` connections for `duration`. Any answer but 200 is an error.
///
/// # Errors
/// When the server does not answer, or not with 200.
pub async fn run(to: SocketAddr, paths: Vec<String>, cookie: String, connections: usize, duration: Duration) -> Result<Outcome> {
    anyhow::ensure!(to.ip().is_loopback(), "loads stay on loopback");
    let paths = Arc::new(paths);
    let began = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..connections {
        tasks.push(tokio::spawn(connection(to, Arc::clone(&paths), cookie.clone(), number, began + duration)));
    }
    let mut took = Vec::new();
    let mut bytes = 0;
    for task in tasks {
        let (times, size) = task.await??;
        took.extend(times);
        bytes = size;
    }
    let elapsed = began.elapsed().as_secs_f64();
    took.sort_unstable();
    let p99 = took.get(took.len().saturating_mul(99) / 100).or(took.last()).copied().context("no answer at all")?;
    Ok(Outcome { per_second: took.len() as f64 / elapsed, p99_ms: p99.as_secs_f64() * 1_000.0, bytes })
}

async fn connection(
    to: SocketAddr,
    paths: Arc<Vec<String>>,
    cookie: String,
    offset: usize,
    until: Instant,
) -> Result<(Vec<Duration>, usize)> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut took = Vec::new();
    let mut bytes = 0;
    for path in paths.iter().cycle().skip(offset * 7) {
        if Instant::now() >= until {
            break;
        }
        let request = hyper::Request::get(path)
            .header("host", format!("localhost:{}", to.port()))
            .header("cookie", &cookie)
            .header("accept", "text/html")
            .body(Empty::<Bytes>::new())?;
        let began = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        took.push(began.elapsed());
        bytes = body.len();
        if status != 200 {
            bail!("{path} answered {status}: {}", String::from_utf8_lossy(body.get(..body.len().min(400)).unwrap_or_default()));
        }
    }
    drop(sender);
    driver.await??;
    Ok((took, bytes))
}
