//! The ways in which a call can be told to fail.

use steward_core::platform::{Failure, Trouble};
use steward_core::provisioning::Wanted;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// A call of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Looking.
    Observe,
    /// Making or changing.
    Apply,
    /// Removing.
    Remove,
}

/// What a call that fails does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trick {
    /// It does what it was asked for, and the answer is lost.
    TimeoutApplied,
    /// It does nothing, and no answer comes.
    TimeoutNotApplied,
    /// It does half of it, then breaks.
    Partial,
    /// Somebody else is faster: what is there afterwards is theirs. Whoever only looks sees theirs.
    Foreign,
    /// Too many calls.
    RateLimited,
    /// 500.
    Broken,
    /// 503.
    Away,
    /// 401.
    WrongCredentials,
}

impl Trick {
    /// Every trick.
    pub const ALL: [Trick; 8] = [
        Trick::TimeoutApplied,
        Trick::TimeoutNotApplied,
        Trick::Partial,
        Trick::Foreign,
        Trick::RateLimited,
        Trick::Broken,
        Trick::Away,
        Trick::WrongCredentials,
    ];

    /// How the failure looks to whoever called. A handshake takes no credentials and counts no calls: where the ingress controller cannot
    /// fail so, OpenBao did, which is asked for the certificate that must be shown.
    pub(crate) fn failure(self, called: System) -> Failure {
        let trouble = match self {
            Trick::TimeoutApplied | Trick::TimeoutNotApplied => Trouble::TimedOut,
            Trick::Partial | Trick::Broken => Trouble::Broken,
            Trick::Foreign => Trouble::Busy,
            Trick::RateLimited => Trouble::TooManyCalls,
            Trick::Away => Trouble::Away,
            Trick::WrongCredentials => Trouble::Credentials,
        };
        let system = if trouble.concerns(called) { called } else { System::OpenBao };
        Failure::new(system, trouble, format!("told to fail: {self:?}"))
    }
}

/// The next calls of a kind that fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The short name of the tenant; none for every tenant.
    pub tenant: Option<String>,
    /// Of what kind.
    pub kind: ResourceKind,
    /// Which call.
    pub call: Call,
    /// What it does instead.
    pub trick: Trick,
    /// How often.
    pub times: u32,
}

impl Fault {
    pub(crate) fn is_for(&self, kind: ResourceKind, call: Call, wanted: &Wanted) -> bool {
        self.kind == kind && self.call == call && self.tenant.as_deref().is_none_or(|tenant| tenant == wanted.short_name.as_str())
    }
}
