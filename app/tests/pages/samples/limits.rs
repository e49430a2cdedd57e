//! The use of a tenant's limits, by hand.

use super::before;
use steward_core::provisioning::{Usage, Used};
use steward_domain::cause::{Cause, Nature};
use steward_domain::role::Role;
use steward_domain::system::System;

/// 59, 86, 100 and 140 per cent of 10 cores, 50 GiB, 500 GiB and 5 GPUs; or why nothing is known.
pub fn usage(known: bool) -> Usage {
    let used = |used: f64, in_force: f64| Used { used: Some(used), in_force: Some(in_force) };
    let away = Cause {
        code: "K8S-503".into(),
        system: System::Kubernetes,
        nature: Nature::Away,
        what: "Kubernetes refuses connections.".into(),
        whose: Role::Sre,
        helps: "SRE brings Kubernetes back.".into(),
    };
    let figures = [used(5.9, 10.0), used(43.0, 50.0), used(500.0, 500.0), used(7.0, 5.0)];
    Usage {
        figures: if known { Ok(figures) } else { Err(away) },
        source: "Resource quota tenant-kestrel/tenant".into(),
        measured_at: before(32),
    }
}
