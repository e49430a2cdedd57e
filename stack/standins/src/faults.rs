//! Failures on demand, and the list of calls that came in.

use serde::{Deserialize, Serialize};

/// A system that is played: it can be told to fail, and remembers who called.
pub trait Played: Send + Sync + 'static {
    /// Its orders and calls.
    fn faults(&self) -> std::sync::MutexGuard<'_, Faults>;
}

/// An order to fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Method and beginning of the path: "POST /api/folders". A method alone, or nothing, matches every path, or every call.
    #[serde(rename = "match")]
    pub matches: String,
    /// The status to answer; none answers as usual (after the delay).
    #[serde(default)]
    pub status: Option<u16>,
    /// How many calls it concerns; 1 unless told.
    #[serde(default = "once")]
    pub count: u32,
    /// How long the answer takes, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// Whether the call is carried out all the same: the answer is lost, the effect is not.
    #[serde(default)]
    pub apply: bool,
}

const fn once() -> u32 {
    1
}

/// A call that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The status that was answered.
    pub status: u16,
    /// Whether the stand-in knows this call of the real system.
    pub known: bool,
}

/// How many calls are remembered; older ones are forgotten.
pub const CALLS_MAX: usize = 10_000;

/// The orders that stand, and the calls seen.
#[derive(Debug, Default)]
pub struct Faults {
    orders: Vec<Fault>,
    calls: std::collections::VecDeque<Call>,
}

impl Faults {
    /// Adds an order; earlier ones go first.
    pub fn order(&mut self, fault: Fault) {
        self.orders.push(fault);
    }

    /// The orders that still stand.
    #[must_use]
    pub fn orders(&self) -> &[Fault] {
        &self.orders
    }

    /// Takes back every order.
    pub fn clear(&mut self) {
        self.orders.clear();
    }

    /// The order that concerns this call, counted down.
    pub fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let call = format!("{method} {path}");
        let place = self.orders.iter().position(|fault| fault.count > 0 && call.starts_with(&fault.matches))?;
        let order = self.orders.get_mut(place)?;
        order.count -= 1;
        let fault = order.clone();
        self.orders.retain(|order| order.count > 0);
        Some(fault)
    }

    /// Remembers a call.
    pub fn saw(&mut self, call: Call) {
        if self.calls.len() == CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// The calls seen, oldest first.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// Forgets the calls seen.
    pub fn forget_calls(&mut self) {
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(matches: &str, count: u32) -> Fault {
        Fault { matches: matches.into(), status: Some(503), count, delay_ms: 0, apply: false }
    }

    #[test]
    fn an_order_holds_for_its_count_and_only_for_what_it_names() {
        let mut faults = Faults::default();
        faults.order(fault("POST /api/folders", 2));
        assert!(faults.take("GET", "/api/folders/x").is_none());
        assert!(faults.take("POST", "/api/folders").is_some());
        assert!(faults.take("POST", "/api/folders").is_some());
        assert!(faults.take("POST", "/api/folders").is_none());
        assert!(faults.orders().is_empty());
    }
}
