//! How mails are handed over: the mail server, and what Steward shows itself with there. A password is never sent in clear.

use super::reader::Reader;
use steward_core::provisioning::{MailSecurity, MailSender};

/// How the connection to the mail server is encrypted.
const SMTP_SECURITY: &str = "STEWARD_SMTP_SECURITY";

/// Reads it; what is missing or wrong becomes a problem.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<MailSender> {
    let host = reader.text("STEWARD_SMTP_HOST");
    let port = reader.parsed("STEWARD_SMTP_PORT", "a port like 25");
    let from = reader.mail_address("STEWARD_SMTP_FROM");
    let security = reader.mail_security(SMTP_SECURITY);
    let user = reader.text("STEWARD_SMTP_USER");
    let password = reader.secret("STEWARD_SMTP_PASSWORD");
    let support = reader.mail_address("STEWARD_SUPPORT_EMAIL");
    let credentials = match (user, password) {
        (None, None) => None,
        (Some(_), Some(_)) if security == Some(MailSecurity::None) => {
            reader.problem(SMTP_SECURITY, "must be `starttls` or `tls` where STEWARD_SMTP_PASSWORD is set: it is never sent in clear");
            return None;
        }
        (Some(user), Some(password)) => Some((user, password)),
        (Some(_), None) => {
            reader.problem("STEWARD_SMTP_PASSWORD", "is not set, nor is STEWARD_SMTP_PASSWORD_FILE, but STEWARD_SMTP_USER is");
            return None;
        }
        (None, Some(_)) => {
            reader.problem("STEWARD_SMTP_USER", "is not set, but STEWARD_SMTP_PASSWORD is");
            return None;
        }
    };
    Some(MailSender { host: host?, port: port?, from: from?, support: support?, security: security?, credentials })
}
