//! How many calls a token has: 1,200 in five minutes; who makes one more is refused for the next five minutes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// So many calls …
    pub requests: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

impl Default for Limit {
    /// Cloudflare's own.
    fn default() -> Self {
        Self { requests: 1200, seconds: 300 }
    }
}

/// What is left to a token after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many more calls.
    pub requests: u32,
    /// Seconds until it has all of them again, rounded up.
    pub seconds: u64,
    /// Whether this call was one too many.
    pub exceeded: bool,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    calls: u32,
}

/// The counts of all tokens.
#[derive(Debug, Default)]
pub struct Rate {
    limit: Limit,
    windows: BTreeMap<String, Window>,
}

impl Rate {
    /// The limit in force.
    #[must_use]
    pub const fn limit(&self) -> Limit {
        self.limit
    }

    /// Sets another limit and begins to count anew.
    pub fn change(&mut self, limit: Limit) {
        self.limit = limit;
        self.windows.clear();
    }

    /// Counts a call of a token.
    pub fn count(&mut self, token: &str, now: Instant) -> Left {
        let length = Duration::from_secs(u64::from(self.limit.seconds));
        let window = self.windows.entry(token.to_owned()).or_insert(Window { began: now, calls: 0 });
        if now.duration_since(window.began) >= length {
            *window = Window { began: now, calls: 0 };
        }
        // The one too many shuts the token out for a whole window from now on; those refused meanwhile do not lengthen it.
        if window.calls == self.limit.requests {
            window.began = now;
        }
        window.calls = window.calls.saturating_add(1);
        let wait = length.saturating_sub(now.duration_since(window.began));
        Left {
            requests: self.limit.requests.saturating_sub(window.calls),
            seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
            exceeded: window.calls > self.limit.requests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_shuts_out_for_a_whole_window_and_nobody_else() {
        let mut rate = Rate::default();
        rate.change(Limit { requests: 2, seconds: 10 });
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rate.count("a", at(0)), Left { requests: 1, seconds: 10, exceeded: false });
        assert_eq!(rate.count("a", at(4)), Left { requests: 0, seconds: 6, exceeded: false });
        assert_eq!(rate.count("a", at(5)), Left { requests: 0, seconds: 10, exceeded: true });
        assert_eq!(rate.count("a", at(12)), Left { requests: 0, seconds: 3, exceeded: true });
        assert!(!rate.count("b", at(12)).exceeded);
        assert_eq!(rate.count("a", at(15)), Left { requests: 1, seconds: 10, exceeded: false });
    }

    #[test]
    fn the_usual_limit_is_cloudflares() {
        let mut rate = Rate::default();
        let now = Instant::now();
        assert!((0..1200).all(|_| !rate.count("a", now).exceeded));
        assert!(rate.count("a", now).exceeded);
    }
}
