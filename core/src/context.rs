//! Time, ids and randomness as parameters, so that tests can set them (`clippy.toml` bans the globals).

use chrono::{DateTime, Utc};
use ring::rand::SecureRandom;
use std::sync::Arc;
use uuid::Uuid;

/// Tells the time of this process. Whatever decides between processes (leases, due times) asks the database's clock instead.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the machine's clock is read")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A source of random bytes that nobody can guess.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the operating system has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed>;
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessFailed;

/// The operating system's randomness.
#[derive(Debug)]
pub struct SystemRandomness(ring::rand::SystemRandom);

impl Default for SystemRandomness {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        self.0.fill(bytes).map_err(|_| RandomnessFailed)
    }
}

/// What every part is handed: clock and randomness. Ids are made of both.
#[derive(Clone)]
pub struct Context {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Context")
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemRandomness::default()))
    }
}

impl Context {
    /// A context with this clock and this randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        Self { clock, randomness }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], RandomnessFailed> {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new id (UUID version 7: ids of one process sort by time).
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn id(&self) -> Result<Uuid, RandomnessFailed> {
        let now = self.now();
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.random::<10>()?).into_uuid())
    }
}
