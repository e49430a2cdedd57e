//! Who acts: a signed-in person, an API client, a named worker of Steward, or nobody known.

use serde::{Deserialize, Serialize};
use steward_domain::role::Role;
use uuid::Uuid;

/// What sort of actor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in person.
    Person,
    /// An API client with a bearer token.
    Client,
    /// A worker of Steward itself.
    System,
    /// Nobody known: sign-ins that failed, calls without a session.
    Anonymous,
}

impl ActorKind {
    /// The name in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ActorKind::Person => "person",
            ActorKind::Client => "client",
            ActorKind::System => "system",
            ActorKind::Anonymous => "anonymous",
        }
    }
}

/// Where a request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The id that pages, logs and entries share.
    pub request_id: String,
    /// The address that the request came from.
    pub address: Option<String>,
}

/// Which tenants an actor's transactions can see at all; row-level security enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every tenant: staff.
    All,
    /// The tenants of one reseller.
    Reseller(Uuid),
    /// None.
    Nothing,
    /// Every tenant, as a worker: also what people may not write.
    Worker,
}

/// Who acts. Made where a request comes in and carried down into PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    kind: ActorKind,
    id: String,
    name: String,
    roles: Vec<Role>,
    reseller: Option<Uuid>,
    origin: Origin,
}

impl Actor {
    /// A signed-in person, by the subject of their ID token.
    #[must_use]
    pub fn person(id: String, name: String, roles: Vec<Role>, reseller: Option<Uuid>, origin: Origin) -> Self {
        Self { kind: ActorKind::Person, id, name, roles, reseller, origin }
    }

    /// An API client, by its client id.
    #[must_use]
    pub fn client(id: String, roles: Vec<Role>, reseller: Option<Uuid>, origin: Origin) -> Self {
        Self { kind: ActorKind::Client, name: id.clone(), id, roles, reseller, origin }
    }

    /// A worker of Steward: "provisioner".
    #[must_use]
    pub fn worker(name: &'static str, request_id: String) -> Self {
        Self {
            kind: ActorKind::System,
            id: name.to_owned(),
            name: name.to_owned(),
            roles: Vec::new(),
            reseller: None,
            origin: Origin { request_id, address: None },
        }
    }

    /// Somebody who did not sign in.
    #[must_use]
    pub fn anonymous(origin: Origin) -> Self {
        Self { kind: ActorKind::Anonymous, id: String::new(), name: "not signed in".to_owned(), roles: Vec::new(), reseller: None, origin }
    }

    /// What sort of actor it is.
    #[must_use]
    pub fn kind(&self) -> ActorKind {
        self.kind
    }

    /// Its id: the subject of the token, the client id, the worker's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Where its request came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The reseller it belongs to, if its people see that reseller's tenants only.
    #[must_use]
    pub fn reseller(&self) -> Option<Uuid> {
        match self.scope() {
            Scope::Reseller(id) => Some(id),
            Scope::All | Scope::Nothing | Scope::Worker => None,
        }
    }

    /// Which tenants it can see. A staff role sees all, beside whatever else the actor is.
    #[must_use]
    pub fn scope(&self) -> Scope {
        if self.kind == ActorKind::System {
            return Scope::Worker;
        }
        let staff = |role: &Role| !matches!(role, Role::Reseller | Role::TenantAdmin);
        if self.roles.iter().any(staff) {
            return Scope::All;
        }
        match self.reseller {
            Some(reseller) if self.roles.contains(&Role::Reseller) => Scope::Reseller(reseller),
            _ => Scope::Nothing,
        }
    }
}

/// A person or client as they are kept with what goes on after they have left: it gives no right, that is asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorKept {
    client: bool,
    id: String,
    name: String,
    roles: Vec<Role>,
    reseller: Option<Uuid>,
    request_id: String,
    address: Option<String>,
}

impl ActorKept {
    /// A person or client, to be kept. Nobody else asks for what goes on later.
    #[must_use]
    pub fn of(actor: &Actor) -> Option<Self> {
        let client = match actor.kind {
            ActorKind::Person => false,
            ActorKind::Client => true,
            ActorKind::System | ActorKind::Anonymous => return None,
        };
        Some(Self {
            client,
            id: actor.id.clone(),
            name: actor.name.clone(),
            roles: actor.roles.clone(),
            reseller: actor.reseller,
            request_id: actor.origin.request_id.clone(),
            address: actor.origin.address.clone(),
        })
    }

    /// Its id, if it is a person: the subject of their tokens.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        (!self.client).then_some(self.id.as_str())
    }

    /// The actor, with the roles and the reseller that are known now; none if nothing newer is known.
    #[must_use]
    pub fn actor(&self, known: Option<(Vec<Role>, Option<Uuid>)>) -> Actor {
        let origin = Origin { request_id: self.request_id.clone(), address: self.address.clone() };
        let (roles, reseller) = known.unwrap_or_else(|| (self.roles.clone(), self.reseller));
        if self.client {
            Actor::client(self.id.clone(), roles, reseller, origin)
        } else {
            Actor::person(self.id.clone(), self.name.clone(), roles, reseller, origin)
        }
    }
}
