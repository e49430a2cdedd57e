//! Starts a server, waits for its first answer, reads its memory, ends it.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that was started; ended when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// From its start to its first answer.
    pub first_answer: Duration,
}

/// Starts `program` and waits, at most 20 s, until `path` answers with any status.
///
/// # Errors
/// When it does not start or does not answer in time.
pub async fn start(
    program: &Path,
    arguments: &[String],
    environment: &[(String, String)],
    address: SocketAddr,
    path: &str,
) -> Result<Server> {
    let began = Instant::now();
    let mut child = launch(program, arguments, environment)?;
    while began.elapsed() < Duration::from_secs(20) {
        if let Some(status) = child.try_wait()? {
            bail!("{} ended at once: {status}", program.display());
        }
        if crate::load::run(address, vec![path.to_owned()], String::new(), 1, Duration::from_millis(1)).await.is_ok() {
            return Ok(Server { child, first_answer: began.elapsed() });
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let _ = child.kill();
    bail!("{} did not answer {path} within 20 s", program.display())
}

fn launch(program: &Path, arguments: &[String], environment: &[(String, String)]) -> Result<Child> {
    Command::new(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        // The owner of the schema is not for a server to know.
        .env_remove("STEWARD_MIGRATION_DATABASE_URL")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {}", program.display()))
}

/// A process that answers nobody; ended when dropped.
#[derive(Debug)]
pub struct Worker(Child);

/// Starts `program`. Whether it works shows in what it does.
///
/// # Errors
/// When it cannot be started.
pub fn spawn(program: &Path, arguments: &[String], environment: &[(String, String)]) -> Result<Worker> {
    launch(program, arguments, environment).map(Worker)
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

impl Server {
    /// Resident memory, in MB (10⁶ bytes), from the kernel.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
