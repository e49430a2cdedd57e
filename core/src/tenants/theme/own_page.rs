//! A tenant's own page: what its people see first, before anybody is signed in. Anybody reads it who knows its short name; that there is a
//! draft of some name it never tells.

use super::surface::{Action, Heading, Surface};
use crate::database::Database;
use crate::error::Result;
use sqlx::types::Json;
use steward_domain::short_name::ShortName;
use steward_domain::theme::Theme;

/// What anybody may know of a tenant that is active or suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPage {
    /// Name of the organisation.
    pub organisation: String,
    /// How it looks.
    pub theme: Theme,
    /// Whether its people are kept out.
    pub suspended: bool,
}

/// The page of the tenant that has that short name. None if there is none, or it is neither active nor suspended.
///
/// # Errors
/// When the database fails.
pub async fn published_page(database: &Database, short_name: &str) -> Result<Option<PublishedPage>> {
    let Some(short_name) = ShortName::parse(short_name).ok().filter(|parsed| parsed.as_str() == short_name) else { return Ok(None) };
    let row: Option<(String, Json<Theme>, bool)> = sqlx::query_as("select name, theme, suspended from published_page($1)")
        .bind(short_name.as_str())
        .fetch_optional(database.for_anybody())
        .await?;
    Ok(row.map(|(organisation, theme, suspended)| PublishedPage { organisation, theme: theme.0, suspended }))
}

/// Whether people can sign in at a tenant's own page, and where its links lead; a preview's lead nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They can, there.
    Active(Option<String>),
    /// They cannot; whom to ask.
    Suspended(Option<String>),
}

impl Surface {
    /// What stands on a tenant's own page. With an address it is the page itself, without one its sample.
    #[must_use]
    pub fn own_page(organisation: &str, heading: Heading, standing: Standing) -> Self {
        let (title, line, label, href) = match standing {
            Standing::Active(sign_in) => (
                format!("Sign in to {organisation}"),
                "Use the account of your organisation. You will be asked for your second factor.",
                "Continue to sign-in",
                sign_in,
            ),
            Standing::Suspended(support) => (
                format!("{organisation} is suspended"),
                "Nobody can sign in at the moment. Nothing was deleted: accounts and data stay as they are. Ask your administrator, or write to Support.",
                "Write to Support",
                support,
            ),
        };
        Self {
            organisation: organisation.to_owned(),
            heading,
            title,
            lines: vec![line.to_owned()],
            button: Some(Action { label: label.to_owned(), href }),
            link: None,
        }
    }
}
