//! Drafts: what was typed into the wizard so far. A draft is a tenant that is nothing yet, so its id stays the same
//! when it is created, and pressing *Create* twice makes one tenant.

use crate::access::{Authority, CreateTenants, Scope};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::{Database, Transaction};
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use steward_domain::field::FieldError;
use steward_domain::onboarding::{Draft, OrganisationForm, SettingsForm};
use uuid::Uuid;

/// A draft as the wizard shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftView {
    /// The id that the tenant will have.
    pub id: Uuid,
    /// What was typed so far.
    pub draft: Draft,
    /// Who began it.
    pub created_by: String,
    /// When it was last saved.
    pub saved_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    draft: Json<Draft>,
    created_by: String,
    changed_at: DateTime<Utc>,
}

impl From<Row> for DraftView {
    fn from(row: Row) -> Self {
        Self { id: row.id, draft: row.draft.0, created_by: row.created_by, saved_at: row.changed_at }
    }
}

/// Most characters of a field that is kept as typed. Every right value is shorter, and an index row of the name must hold it.
const FIELD_MAX: usize = 300;

/// What is typed may be wrong, but not endless.
fn short_enough<'a>(fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<()> {
    let mut errors: Vec<FieldError> = Vec::new();
    for (field, typed) in fields {
        if typed.chars().nth(FIELD_MAX).is_some() && !errors.iter().any(|error| error.field == field) {
            errors.push(FieldError::new(field, format!("Enter at most {FIELD_MAX} characters")));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

fn organisation_short_enough(form: &OrganisationForm) -> Result<()> {
    short_enough([
        ("name", form.name.as_str()),
        ("short_name", &form.short_name),
        ("contact_email", &form.contact_email),
        ("reseller", &form.reseller),
    ])
}

fn settings_short_enough(form: &SettingsForm) -> Result<()> {
    // More features than there are cannot all be ticked; their number is bounded by their names' length together.
    let features = form.features.join(" ");
    short_enough([
        ("cpu", form.cpu.as_str()),
        ("memory_gib", &form.memory_gib),
        ("storage_gib", &form.storage_gib),
        ("gpu", &form.gpu),
        ("region", &form.region),
        ("features", &features),
    ])
}

const RETURNING: &str = "returning id, draft, created_by, changed_at";

/// Begins a draft with the first page as typed. What is typed may still be wrong: a draft keeps it.
///
/// # Errors
/// At field `reseller` if there is no such reseller, it is not the actor's own, or the actor has none and sees no others; at each
/// field that is too long to be kept.
pub async fn start_draft(database: &Database, authority: &Authority<CreateTenants>, form: &OrganisationForm) -> Result<DraftView> {
    organisation_short_enough(form)?;
    let mut transaction = database.begin(authority).await?;
    let reseller = reseller_of(&mut transaction, authority, form).await?;
    let id = transaction.context().id()?;
    let draft = Draft { organisation: form.clone(), settings: None };
    let row: Row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "insert into tenant (id, status, stage, name, draft, reseller_id, created_by) values ($1, 'draft', 'creation', $2, $3, $4, $5) {RETURNING}"
    )))
    .bind(id)
    .bind(form.name.trim())
    .bind(Json(&draft))
    .bind(reseller)
    .bind(authority.actor().name())
    .fetch_one(transaction.conn())
    .await?;
    record(&mut transaction, Action::DraftStarted, id, changes(&OrganisationForm::default(), form)?).await?;
    transaction.commit().await?;
    Ok(row.into())
}

/// The draft of that id.
///
/// # Errors
/// [`Error::NotFound`] if there is none, it was created since, or the actor may not see it.
pub async fn draft(database: &Database, authority: &Authority<CreateTenants>, id: Uuid) -> Result<DraftView> {
    let mut reader = database.read(authority).await?;
    let row: Option<Row> = sqlx::query_as("select id, draft, created_by, changed_at from tenant where id = $1 and status = 'draft'")
        .bind(id)
        .fetch_optional(reader.conn())
        .await?;
    row.map(DraftView::from).ok_or(Error::NotFound("draft"))
}

/// The draft of that id as it is, held until the transaction ends. None if there is none (any more).
///
/// # Errors
/// When the database fails.
pub(crate) async fn lock_draft(transaction: &mut Transaction, id: Uuid) -> Result<Option<Draft>> {
    let draft: Option<Json<Draft>> = sqlx::query_scalar("select draft from tenant where id = $1 and status = 'draft' for update")
        .bind(id)
        .fetch_optional(transaction.conn())
        .await?;
    Ok(draft.map(|draft| draft.0))
}

/// The fields of a page that differ, each with what was there before and what is there now.
fn changes<P: Serialize>(before: &P, after: &P) -> Result<serde_json::Value> {
    let [before, after] = [serde_json::to_value(before), serde_json::to_value(after)].map(|page| page.map_err(Error::internal));
    let (before, after) = (before?, after?);
    let changed = after.as_object().into_iter().flatten().filter(|(field, now)| before.get(field) != Some(now));
    Ok(changed.map(|(field, now)| (field.clone(), serde_json::json!({ "before": before.get(field), "after": now }))).collect())
}

/// Saves the first page as typed.
///
/// # Errors
/// As [`draft`]; at fields as [`start_draft`].
pub async fn save_organisation(
    database: &Database,
    authority: &Authority<CreateTenants>,
    id: Uuid,
    form: &OrganisationForm,
) -> Result<DraftView> {
    organisation_short_enough(form)?;
    let mut transaction = database.begin(authority).await?;
    let reseller = reseller_of(&mut transaction, authority, form).await?;
    let before = lock_draft(&mut transaction, id).await?.ok_or(Error::NotFound("draft"))?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "update tenant set name = $2, reseller_id = $3, draft = jsonb_set(draft, '{{organisation}}', $4), changed_at = now()
         where id = $1 and status = 'draft' {RETURNING}"
    )))
    .bind(id)
    .bind(form.name.trim())
    .bind(reseller)
    .bind(Json(form))
    .fetch_optional(transaction.conn())
    .await?;
    let row = row.ok_or(Error::NotFound("draft"))?;
    record(&mut transaction, Action::DraftSaved, id, changes(&before.organisation, form)?).await?;
    transaction.commit().await?;
    Ok(row.into())
}

/// Saves the second page as typed.
///
/// # Errors
/// As [`draft`]; at each field that is too long to be kept.
pub async fn save_settings(database: &Database, authority: &Authority<CreateTenants>, id: Uuid, form: &SettingsForm) -> Result<DraftView> {
    settings_short_enough(form)?;
    let mut transaction = database.begin(authority).await?;
    let before = lock_draft(&mut transaction, id).await?.ok_or(Error::NotFound("draft"))?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "update tenant set draft = jsonb_set(draft, '{{settings}}', $2), changed_at = now() where id = $1 and status = 'draft' {RETURNING}"
    )))
    .bind(id)
    .bind(Json(form))
    .fetch_optional(transaction.conn())
    .await?;
    let row = row.ok_or(Error::NotFound("draft"))?;
    record(&mut transaction, Action::DraftSaved, id, changes(&before.settings.unwrap_or_default(), form)?).await?;
    transaction.commit().await?;
    Ok(row.into())
}

/// Throws a draft away. Nothing was made of it yet, so nothing else has to be undone.
///
/// # Errors
/// As [`draft`].
pub async fn discard(database: &Database, authority: &Authority<CreateTenants>, id: Uuid) -> Result<()> {
    let mut transaction = database.begin(authority).await?;
    let name: Option<String> = sqlx::query_scalar("delete from tenant where id = $1 and status = 'draft' returning name")
        .bind(id)
        .fetch_optional(transaction.conn())
        .await?;
    let name = name.ok_or(Error::NotFound("draft"))?;
    record(&mut transaction, Action::DraftDiscarded, id, serde_json::json!({ "name": { "before": name } })).await?;
    transaction.commit().await
}

async fn record(transaction: &mut Transaction, action: Action, id: Uuid, detail: serde_json::Value) -> Result<()> {
    let entry = Entry {
        class: Class::Audit,
        action,
        result: Outcome::Done,
        tenant_id: Some(id),
        object_kind: "tenant",
        object_id: id.to_string(),
        correlation: None,
        code: None,
        detail,
    };
    transaction.record(entry).await
}

/// The reseller that a form names. A reseller's own people can only name their own, and need not.
async fn reseller_of(transaction: &mut Transaction, authority: &Authority<CreateTenants>, form: &OrganisationForm) -> Result<Option<Uuid>> {
    reseller_named(transaction.conn(), authority, &form.reseller).await
}

/// The reseller of that short name, if the actor may name it; of none, the actor's own.
///
/// # Errors
/// At field `reseller` if it is none, or not the actor's to name.
pub(crate) async fn reseller_named(
    connection: &mut PgConnection,
    authority: &Authority<CreateTenants>,
    short_name: &str,
) -> Result<Option<Uuid>> {
    if authority.actor().scope() == Scope::Nothing {
        // A reseller's role without a reseller that Steward knows: whose customer should it be?
        return Err(Error::field("reseller", "Your account belongs to no reseller that Steward knows. Ask Platform Ops to put that right"));
    }
    let own = authority.actor().reseller();
    let short_name = short_name.trim();
    if short_name.is_empty() {
        return Ok(own);
    }
    let named: Option<Uuid> =
        sqlx::query_scalar("select id from reseller where short_name = $1").bind(short_name).fetch_optional(connection).await?;
    match (named, own) {
        (Some(named), None) => Ok(Some(named)),
        (Some(named), Some(own)) if named == own => Ok(Some(own)),
        _ => Err(Error::field("reseller", "Choose a reseller from the list")),
    }
}

/// Inserts a whole draft on an open transaction, for requests that create a tenant in one call.
///
/// # Errors
/// As [`start_draft`].
pub(crate) async fn insert_draft(
    transaction: &mut Transaction,
    authority: &Authority<CreateTenants>,
    id: Uuid,
    draft: &Draft,
) -> Result<()> {
    organisation_short_enough(&draft.organisation)?;
    draft.settings.as_ref().map_or(Ok(()), settings_short_enough)?;
    let reseller = reseller_of(transaction, authority, &draft.organisation).await?;
    sqlx::query(
        "insert into tenant (id, status, stage, name, draft, reseller_id, created_by) values ($1, 'draft', 'creation', $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(draft.organisation.name.trim())
    .bind(Json(draft))
    .bind(reseller)
    .bind(authority.actor().name())
    .execute(transaction.conn())
    .await?;
    Ok(())
}
