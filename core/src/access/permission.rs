//! The policy table: which role may do what. `docs/permissions.md` is this table as a compliance officer reads it;
//! a test fails when the two differ.

use steward_domain::role::Role;

/// Something that may or may not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See tenants, their resources and runs.
    TenantRead,
    /// Draft, plan and create tenants.
    TenantCreate,
    /// Change a tenant's settings.
    TenantConfigure,
    /// Keep a tenant's people out, and let them in again.
    TenantSuspend,
    /// Remove what a creation that did not come to its end had made.
    TenantRollBack,
    /// Try a step of a run again.
    RunRetry,
    /// Cancel a run.
    RunCancel,
    /// Repair, accept or ignore what differs.
    DriftRepair,
    /// Stop all destructive work, and let it go on.
    DestructionPause,
    /// See how the platform is.
    PlatformRead,
    /// Open the systems behind a tenant, by links into them.
    SystemOpen,
    /// Send mails to a tenant's contact, and again those that were given up.
    MailSend,
    /// Read the audit log.
    AuditRead,
    /// Add resellers (command line only).
    ResellerManage,
    /// Carry out runs (workers only).
    Provision,
    /// Look whether everything is as wanted, note what is not, and repair it where the tenant says so (workers only).
    Observe,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 16] = [
        Permission::TenantRead,
        Permission::TenantCreate,
        Permission::TenantConfigure,
        Permission::TenantSuspend,
        Permission::TenantRollBack,
        Permission::RunRetry,
        Permission::RunCancel,
        Permission::DriftRepair,
        Permission::DestructionPause,
        Permission::PlatformRead,
        Permission::SystemOpen,
        Permission::MailSend,
        Permission::AuditRead,
        Permission::ResellerManage,
        Permission::Provision,
        Permission::Observe,
    ];

    /// The name in entries and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Permission::TenantRead => "tenant.read",
            Permission::TenantCreate => "tenant.create",
            Permission::TenantConfigure => "tenant.configure",
            Permission::TenantSuspend => "tenant.suspend",
            Permission::TenantRollBack => "tenant.roll-back",
            Permission::RunRetry => "run.retry",
            Permission::RunCancel => "run.cancel",
            Permission::DriftRepair => "drift.repair",
            Permission::DestructionPause => "destruction.pause",
            Permission::PlatformRead => "platform.read",
            Permission::SystemOpen => "system.open",
            Permission::MailSend => "mail.send",
            Permission::AuditRead => "audit.read",
            Permission::ResellerManage => "reseller.manage",
            Permission::Provision => "provision",
            Permission::Observe => "observe",
        }
    }

    /// "…do not allow you to {create tenants}".
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Permission::TenantRead => "see tenants",
            Permission::TenantCreate => "create tenants",
            Permission::TenantConfigure => "change a tenant's settings",
            Permission::TenantSuspend => "suspend and resume tenants",
            Permission::TenantRollBack => "roll a failed creation back",
            Permission::RunRetry => "try steps again",
            Permission::RunCancel => "cancel runs",
            Permission::DriftRepair => "repair, accept or ignore drift",
            Permission::DestructionPause => "pause destructive work",
            Permission::PlatformRead => "see how the platform is",
            Permission::SystemOpen => "open a tenant's systems",
            Permission::MailSend => "have a mail to a tenant's contact sent again",
            Permission::AuditRead => "read the audit log",
            Permission::ResellerManage => "add resellers",
            Permission::Provision => "carry out runs",
            Permission::Observe => "look for drift, and repair it where the tenant says so",
        }
    }

    /// The roles that have it. The one place where this is decided.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        use Role as R;
        match self {
            Permission::TenantRead => &[R::PlatformOps, R::DevOps, R::Sre, R::ComplianceOfficer, R::Ciso, R::Support, R::Reseller],
            Permission::TenantCreate => &[R::PlatformOps, R::Reseller],
            Permission::TenantConfigure | Permission::MailSend => &[R::PlatformOps, R::DevOps, R::Reseller],
            Permission::TenantSuspend => &[R::PlatformOps, R::Ciso],
            Permission::TenantRollBack => &[R::PlatformOps],
            Permission::RunRetry | Permission::RunCancel | Permission::DriftRepair | Permission::SystemOpen => {
                &[R::PlatformOps, R::DevOps, R::Sre]
            }
            Permission::DestructionPause => &[R::PlatformOps, R::Sre, R::Ciso],
            Permission::PlatformRead => &[R::PlatformOps, R::DevOps, R::Sre, R::ComplianceOfficer, R::Ciso, R::Support],
            Permission::AuditRead => &[R::PlatformOps, R::Sre, R::ComplianceOfficer, R::Ciso],
            Permission::ResellerManage | Permission::Provision | Permission::Observe => &[],
        }
    }

    /// Whether Steward's own workers and command line have it.
    #[must_use]
    pub const fn for_workers(self) -> bool {
        matches!(self, Permission::Provision | Permission::Observe | Permission::MailSend | Permission::ResellerManage)
    }

    /// Whom to ask: "Platform Ops or Reseller".
    #[must_use]
    pub fn who(self) -> String {
        let labels: Vec<&str> = self.roles().iter().map(|role| role.label()).collect();
        match labels.split_last() {
            None => "nobody: only Steward itself does it".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        }
    }

    /// The table as Markdown.
    #[must_use]
    pub fn table() -> String {
        let mut table = String::from("| Permission |");
        for role in Role::ALL {
            table.push_str(&format!(" {} |", role.label()));
        }
        table.push_str(" Steward itself |\n|---|");
        table.push_str(&"---|".repeat(Role::ALL.len() + 1));
        table.push('\n');
        for permission in Permission::ALL {
            table.push_str(&format!("| `{}`: {} |", permission.as_str(), permission.describe()));
            for role in Role::ALL {
                table.push_str(if permission.roles().contains(&role) { " ✔ |" } else { " ✘ |" });
            }
            table.push_str(if permission.for_workers() { " ✔ |\n" } else { " ✘ |\n" });
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_people_read() {
        let page = include_str!("../../../docs/permissions.md");
        let table = Permission::table();
        assert!(page.contains(&table), "docs/permissions.md must contain this table:\n\n{table}");
    }
}
