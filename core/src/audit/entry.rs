//! An entry, and how it is written.

use crate::access::Actor;
use crate::context::Context;
use crate::error::Result;
use sqlx::PgConnection;
use uuid::Uuid;

/// How long an entry is kept (GUIDE.md §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 30 days (ISO 27001 A.12.1): what workers did on the way.
    Operational,
    /// 90 days (SOC 2 CC6): sign-ins and refusals.
    Security,
    /// 7 years: changes.
    Audit,
}

impl Class {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Operational => "operational",
            Class::Security => "security",
            Class::Audit => "audit",
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Done,
    /// It was not allowed.
    Refused,
    /// It was tried and did not work.
    Failed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 3] = [Outcome::Done, Outcome::Refused, Outcome::Failed];

    /// The name in the database and in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Outcome::Done => "Done",
            Outcome::Refused => "Refused",
            Outcome::Failed => "Failed",
        }
    }

    /// The outcome of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $label:literal;)*) => {
        /// What an entry tells of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Action] = &[$(Action::$name),*];

            /// The name in the database, in URLs and in exports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$name => $text,)* }
            }

            /// The words for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Action::$name => $label,)* }
            }

            /// The action of that name, if there is one.
            #[must_use]
            pub fn parse(name: &str) -> Option<Action> {
                Action::ALL.iter().copied().find(|action| action.as_str() == name)
            }
        }
    };
}

actions! {
    /// A person signed in, or tried to.
    SignIn = "sign-in", "Sign in";
    /// A person signed out.
    SignOut = "sign-out", "Sign out";
    /// A session ended by itself or by Keycloak's word.
    SessionEnded = "session.end", "Session ended";
    /// A permission was asked for and not given.
    AccessRefused = "access.refuse", "Access refused";
    /// A request was refused before anybody was asked for a permission: wrong origin, bad token.
    RequestRefused = "request.refuse", "Request refused";
    /// The wizard was begun.
    DraftStarted = "draft.start", "Draft started";
    /// A page of the wizard was saved.
    DraftSaved = "draft.save", "Draft saved";
    /// A draft was thrown away.
    DraftDiscarded = "draft.discard", "Draft discarded";
    /// A tenant was created: its run began.
    TenantCreated = "tenant.create", "Tenant created";
    /// A tenant was to be created, and nothing ran.
    TenantNotCreated = "tenant.create-fail", "Tenant not created";
    /// Many tenants were asked for in one table: nothing runs yet.
    BatchProposed = "batch.propose", "Table of tenants sent";
    /// The tenants of a table are being created.
    BatchStarted = "batch.start", "Table of tenants started";
    /// A tenant's status changed.
    TenantStatus = "tenant.status", "Status changed";
    /// A file was uploaded as a tenant's logo.
    LogoStored = "logo.store", "Logo uploaded";
    /// A change of a tenant was proposed: nothing runs yet.
    ChangeProposed = "change.propose", "Change proposed";
    /// A proposed change was thrown away.
    ChangeDiscarded = "change.discard", "Change discarded";
    /// A change was started: its run began.
    ChangeStarted = "change.start", "Change started";
    /// A change was to be started, and nothing ran.
    ChangeNotStarted = "change.start-fail", "Change not started";
    /// A tenant was given the text that proves a domain to be its own.
    DomainChallenged = "domain.challenge", "Domain challenge begun";
    /// It was looked for in the domain's DNS.
    DomainVerified = "domain.verify", "Domain checked";
    /// A domain that was begun is not wanted any more.
    DomainForgotten = "domain.forget", "Domain forgotten";
    /// A run was cancelled.
    RunCancelled = "run.cancel", "Run cancelled";
    /// All destructive work was paused.
    DestructionPaused = "destruction.pause", "Destructive work paused";
    /// Destructive work may go on.
    DestructionResumed = "destruction.resume", "Destructive work resumed";
    /// A step was done.
    StepDone = "step.done", "Step done";
    /// An attempt at a step failed.
    StepFailed = "step.fail", "Step failed";
    /// A person asked to try a step again.
    StepRetried = "step.retry", "Step tried again";
    /// A run ended.
    RunDone = "run.done", "Run done";
    /// A run stopped.
    RunStopped = "run.stop", "Run stopped";
    /// Something was found not to be as wanted, or other differences than before.
    DriftFound = "drift.found", "Drift found";
    /// It is as wanted again.
    DriftGone = "drift.gone", "Drift gone";
    /// What was found counts as wanted.
    DriftAccepted = "drift.accept", "Drift accepted";
    /// What was found is left alone until a day.
    DriftIgnored = "drift.ignore", "Drift ignored";
    /// What was accepted or ignored is reported again.
    DriftReported = "drift.report", "Drift reported again";
    /// The mail server took a mail.
    MailSent = "mail.send", "Mail sent";
    /// A mail was given up.
    MailGivenUp = "mail.give-up", "Mail given up";
    /// A person had a mail that was given up sent again.
    MailAskedAgain = "mail.again", "Mail to be sent again";
    /// A reseller was added.
    ResellerAdded = "reseller.add", "Reseller added";
    /// A reseller got another name.
    ResellerRenamed = "reseller.rename", "Reseller renamed";
}

/// An entry to be written. Who and whence come from the transaction's actor. Secrets never go into `detail`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How long it is kept.
    pub class: Class,
    /// What it tells of.
    pub action: Action,
    /// What came of it.
    pub result: Outcome,
    /// The tenant concerned.
    pub tenant_id: Option<Uuid>,
    /// What sort of thing was acted on: "tenant", "run", "step", "session", "permission", "logo", "domain".
    pub object_kind: &'static str,
    /// Which one.
    pub object_id: String,
    /// The run it belongs to.
    pub correlation: Option<Uuid>,
    /// The code, if it failed or was refused.
    pub code: Option<String>,
    /// What else to know: field-level before and after as `{"field": {"before": …, "after": …}}`, cause, parameters.
    pub detail: serde_json::Value,
}

/// Writes an entry on an open transaction.
pub(crate) async fn insert(connection: &mut PgConnection, context: &Context, actor: &Actor, entry: Entry) -> Result<()> {
    let id = context.id()?;
    let occurred_at = context.now();
    let body = serde_json::json!({
        "id": id,
        "occurred_at": occurred_at,
        "class": entry.class.as_str(),
        "action": entry.action.as_str(),
        "result": entry.result.as_str(),
        "tenant_id": entry.tenant_id,
        "actor": { "kind": actor.kind().as_str(), "id": actor.id(), "name": actor.name() },
        "object": { "kind": entry.object_kind, "id": entry.object_id },
        "address": actor.origin().address,
        "request_id": actor.origin().request_id,
        "correlation": entry.correlation,
        "code": entry.code,
        "detail": entry.detail,
    });
    sqlx::query(
        "insert into audit_intake (id, occurred_at, class, action, result, tenant_id, actor_kind, actor_id, actor_name,
                                   object_kind, object_id, address, request_id, correlation, code, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(id)
    .bind(occurred_at)
    .bind(entry.class.as_str())
    .bind(entry.action.as_str())
    .bind(entry.result.as_str())
    .bind(entry.tenant_id)
    .bind(actor.kind().as_str())
    .bind(actor.id())
    .bind(actor.name())
    .bind(entry.object_kind)
    .bind(&entry.object_id)
    .bind(actor.origin().address.as_deref())
    .bind(&actor.origin().request_id)
    .bind(entry.correlation)
    .bind(entry.code.as_deref())
    .bind(serde_json::to_vec(&body)?)
    .execute(connection)
    .await?;
    Ok(())
}
