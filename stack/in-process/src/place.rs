//! What is in the place of a resource.

use steward_core::provisioning::Wanted;
use tokio::time::Instant;
use uuid::Uuid;

/// What is in the place of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The tenant that it is marked with; none if it carries no mark of Steward's.
    pub(crate) mark: Option<Uuid>,
    /// What it is like, as the plan would say it.
    pub(crate) is: String,
    /// Whether a part of it is missing.
    pub(crate) half: bool,
    /// It is being removed, until then.
    pub(crate) going: Option<Instant>,
    /// For a person: whether the invitation was sent.
    pub(crate) invited: bool,
}

impl Place {
    pub(crate) fn of(wanted: &Wanted, is: String) -> Self {
        Self { mark: Some(wanted.tenant_id), is, half: false, going: None, invited: false }
    }

    pub(crate) fn foreign() -> Self {
        Self { mark: None, is: "somebody else's".to_owned(), half: false, going: None, invited: false }
    }

    pub(crate) fn is_of(&self, wanted: &Wanted) -> bool {
        self.mark == Some(wanted.tenant_id)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.going.is_some_and(|until| Instant::now() >= until)
    }
}
