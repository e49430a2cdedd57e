//! The list of tenants: one indexed, keyset-paged query on our own table. No exact totals, no offsets: each costs 16 times the page.

use crate::access::{Authority, ReadTenants};
use crate::audit::fragment;
use crate::database::{Database, Reader};
use crate::error::Result;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use steward_domain::tenant::{Attention, AttentionKind, Stage, Status};
use uuid::Uuid;

/// What to show. Every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A fragment of name, short name, domain or contact; or the beginning of an id.
    pub search: Option<String>,
    /// A status.
    pub status: Option<Status>,
    /// Only tenants that need attention of this kind.
    pub attention: Option<AttentionKind>,
    /// Only tenants in this stage (which says whose turn it is).
    pub stage: Option<Stage>,
    /// Only tenants of this reseller.
    pub reseller: Option<ResellerFilter>,
}

/// Which reseller's tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResellerFilter {
    /// Nobody's: direct customers.
    Direct,
    /// One reseller's.
    Of(Uuid),
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name, a to z.
    #[default]
    Name,
    /// By last change, newest first.
    Changed,
}

/// Which way the page lies from its cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Behind it.
    #[default]
    Forward,
    /// Before it.
    Backward,
}

/// A row at the edge of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The row's name in lower case, when sorting by name.
    pub name: String,
    /// The row's last change, when sorting by it.
    pub changed_at: DateTime<Utc>,
    /// The row's id.
    pub id: Uuid,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Its id.
    pub id: Uuid,
    /// Its name; may be empty in a draft.
    pub name: String,
    /// Its domain; none in a draft.
    pub domain: Option<String>,
    /// What it is.
    pub status: Status,
    /// Whose turn it is.
    pub stage: Stage,
    /// What is wrong right now.
    pub attention: Option<Attention>,
    /// Its reseller's name.
    pub reseller: Option<String>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    sort_name: String,
}

impl TenantRow {
    /// The row as the edge of a page.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { name: self.sort_name.clone(), changed_at: self.changed_at, id: self.id }
    }
}

/// A page of tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows in order.
    pub rows: Vec<TenantRow>,
    /// Whether there are rows before the first one.
    pub has_previous: bool,
    /// Whether there are rows behind the last one.
    pub has_next: bool,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    sort_name: String,
    domain: Option<String>,
    status: String,
    stage: String,
    attention_kind: Option<String>,
    attention_text: Option<String>,
    attention_since: Option<DateTime<Utc>>,
    reseller: Option<String>,
    changed_at: DateTime<Utc>,
}

/// Attention from its three columns.
pub(super) fn attention(kind: Option<String>, text: Option<String>, since: Option<DateTime<Utc>>) -> Option<Attention> {
    Some(Attention { kind: AttentionKind::parse(&kind?)?, text: text?, since: since? })
}

impl From<Row> for TenantRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            domain: row.domain,
            // The database's check constraints know the same words.
            status: Status::parse(&row.status).unwrap_or(Status::Draft),
            stage: Stage::parse(&row.stage).unwrap_or(Stage::Creation),
            attention: attention(row.attention_kind, row.attention_text, row.attention_since),
            reseller: row.reseller,
            changed_at: row.changed_at,
            sort_name: row.sort_name,
        }
    }
}

/// A search looks through so many rows in the order of the page before it asks the trigram index. A fragment that more than about one
/// row in a hundred has is found there sooner than all its rows could be read and sorted (measured at 100,000 rows: 0.6 ms against
/// 8 ms for a fragment that one row in fifty has).
const NEAR_ROWS: i64 = 4_000;

const COLUMNS: &str = "t.id, t.name, t.sort_name, t.domain, t.status, t.stage, t.attention_kind, t.attention_text, t.attention_since,
    (select r.name from reseller r where r.id = t.reseller_id) as reseller, t.changed_at";

/// A page of at most `limit` tenants.
///
/// # Errors
/// When the database fails.
pub async fn list(
    database: &Database,
    authority: &Authority<ReadTenants>,
    filter: &Filter,
    sort: Sort,
    edge: Option<(&Cursor, Direction)>,
    limit: u16,
) -> Result<Page> {
    let ask = Ask { filter, sort, edge, rows: i64::from(limit) + 1 };
    let mut reader = database.read(authority).await?;
    let mut rows: Vec<Row> = match filter.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        None => ask.plain().build_query_as().fetch_all(reader.conn()).await?,
        Some(search) => ask.search(&mut reader, &search.to_lowercase()).await?,
    };
    drop(reader);

    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let backward = ask.backward();
    if backward {
        rows.reverse();
    }
    Ok(Page {
        rows: rows.into_iter().map(TenantRow::from).collect(),
        has_previous: if backward { more } else { edge.is_some() },
        has_next: if backward { true } else { more },
    })
}

/// What a page asks for, as SQL. Limits stand in the text: with a parameter for a limit the planner would guess.
struct Ask<'a> {
    filter: &'a Filter,
    sort: Sort,
    edge: Option<(&'a Cursor, Direction)>,
    rows: i64,
}

impl Ask<'_> {
    fn backward(&self) -> bool {
        matches!(self.edge, Some((_, Direction::Backward)))
    }

    /// Without a search: the next rows of an index.
    fn plain(&self) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from tenant t where true"));
        self.conditions(&mut query);
        query.push(self.order("t")).push(format!(" limit {}", self.rows));
        query
    }

    async fn search(&self, reader: &mut Reader, search: &str) -> Result<Vec<Row>> {
        if let Some(range) = id_range(search) {
            let found: Vec<Row> = self.by_id(range).build_query_as().fetch_all(reader.conn()).await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let near: Vec<Row> = self.near(search).build_query_as().fetch_all(reader.conn()).await?;
        if i64::try_from(near.len()).is_ok_and(|found| found == self.rows) {
            return Ok(near);
        }
        Ok(self.far(search).build_query_as().fetch_all(reader.conn()).await?)
    }

    /// The tenants whose ids lie between two.
    fn by_id(&self, (first, last): (Uuid, Uuid)) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from tenant t where t.id between "));
        query.push_bind(first).push(" and ").push_bind(last);
        self.conditions(&mut query);
        query.push(self.order("t")).push(format!(" limit {}", self.rows));
        query
    }

    /// The matches among the next rows in order. `strpos` takes a third of the time of `like`.
    fn near(&self, search: &str) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(
            "with near as materialized (select id, sort_name, changed_at from (select t.id, t.sort_name, t.search_text, ",
        );
        // Reading `changed_at` would cost the visit to the table that the covering index saves.
        query.push(if self.sort == Sort::Changed { "t.changed_at" } else { "null::timestamptz as changed_at" });
        query.push(" from tenant t where true");
        self.conditions(&mut query);
        query.push(self.order("t")).push(format!(" limit {NEAR_ROWS}")).push(") w where strpos(w.search_text, ");
        query.push_bind(search.to_owned()).push(") > 0").push(self.order("w")).push(format!(" limit {}", self.rows));
        query.push(format!(") select {COLUMNS} from near join tenant t using (id)")).push(self.order("t"));
        query
    }

    /// All matches by the trigram index, then the first of them. Materialised, because a plan in the order of the page
    /// would read the whole table when the matches stand together at its end (measured: 100 ms).
    ///
    /// The index is asked for the one window of the fragment that the fewest rows of a small sample have: each further trigram costs
    /// it as much again, and `.com` tells it nothing.
    fn far(&self, search: &str) -> QueryBuilder<Postgres> {
        let windows = windows(search);
        let patterns: Vec<String> = windows.iter().map(|window| fragment(window)).collect();
        let mut query = QueryBuilder::new(
            "with sample as materialized (select search_text from tenant where get_byte(uuid_send(id), 15) = 0 limit 200),
             rarest as materialized (select w.pattern from unnest(",
        );
        query.push_bind(windows).push("::text[], ").push_bind(patterns);
        query.push(
            "::text[]) w (text, pattern) order by (select count(*) from sample where strpos(search_text, w.text) > 0) limit 1),
             hit as materialized (select t.id, t.sort_name, t.changed_at from tenant t
                                  where t.search_text like (select pattern from rarest) and strpos(t.search_text, ",
        );
        query.push_bind(search.to_owned()).push(") > 0");
        self.conditions(&mut query);
        query.push("), edge as (select hit.id from hit").push(self.order("hit")).push(format!(" limit {}", self.rows));
        query.push(format!(") select {COLUMNS} from edge join tenant t using (id)")).push(self.order("t"));
        query
    }

    fn conditions(&self, query: &mut QueryBuilder<Postgres>) {
        let filter = self.filter;
        if let Some(status) = filter.status {
            query.push(" and t.status = ").push_bind(status.as_str());
        }
        if let Some(kind) = filter.attention {
            query.push(" and t.attention_kind = ").push_bind(kind.as_str());
        }
        if let Some(stage) = filter.stage {
            query.push(" and t.stage = ").push_bind(stage.as_str());
        }
        match filter.reseller {
            Some(ResellerFilter::Direct) => {
                query.push(" and t.reseller_id is null");
            }
            Some(ResellerFilter::Of(reseller)) => {
                query.push(" and t.reseller_id = ").push_bind(reseller);
            }
            None => {}
        }
        let Some((cursor, direction)) = self.edge else { return };
        match self.sort {
            Sort::Name => query
                .push(" and (t.sort_name, t.id) ")
                .push(if direction == Direction::Forward { "> (" } else { "< (" })
                .push_bind(cursor.name.clone()),
            Sort::Changed => query
                .push(" and (t.changed_at, t.id) ")
                .push(if direction == Direction::Forward { "< (" } else { "> (" })
                .push_bind(cursor.changed_at),
        };
        query.push(", ").push_bind(cursor.id).push(")");
    }

    fn order(&self, of: &str) -> String {
        match (self.sort, self.backward()) {
            (Sort::Name, false) => format!(" order by {of}.sort_name, {of}.id"),
            (Sort::Name, true) => format!(" order by {of}.sort_name desc, {of}.id desc"),
            (Sort::Changed, false) => format!(" order by {of}.changed_at desc, {of}.id desc"),
            (Sort::Changed, true) => format!(" order by {of}.changed_at, {of}.id"),
        }
    }
}

/// The ids that begin as the search does, if it can be the beginning of one: eight hexadecimal digits or more, dashes where ids have them.
fn id_range(search: &str) -> Option<(Uuid, Uuid)> {
    const FORM: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let fits = (8..=FORM.len()).contains(&search.len())
        && search.bytes().zip(FORM.bytes()).all(|(byte, form)| if form == b'-' { byte == b'-' } else { byte.is_ascii_hexdigit() });
    let filled = |with: &str| FORM.get(search.len()..).and_then(|rest| format!("{search}{}", rest.replace('x', with)).parse().ok());
    if fits { filled("0").zip(filled("f")) } else { None }
}

/// At most eight pieces of a fragment that the trigram index can be asked for instead of the whole. Each holds a whole trigram.
fn windows(search: &str) -> Vec<String> {
    const CHARACTERS: usize = 5;
    const MOST: usize = 8;
    let characters: Vec<char> = search.chars().collect();
    let holds_trigram = |window: &&[char]| window.windows(3).any(|three| three.iter().all(|c| c.is_alphanumeric()));
    let all: Vec<&[char]> = characters.windows(CHARACTERS).filter(holds_trigram).collect();
    let found: Vec<String> = all.iter().step_by(all.len().div_ceil(MOST).max(1)).map(|window| window.iter().collect()).collect();
    if found.is_empty() { vec![search.to_owned()] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_is_a_range_of_ids() {
        let range = |search| id_range(search).map(|(first, last)| (first.to_string(), last.to_string()));
        let whole = "b1c3e8f4-8123-496c-8dac-f8a7da746e21".to_owned();
        assert_eq!(range(&whole), Some((whole.clone(), whole.clone())));
        assert_eq!(
            range("b1c3e8f4-8"),
            Some(("b1c3e8f4-8000-0000-0000-000000000000".into(), "b1c3e8f4-8fff-ffff-ffff-ffffffffffff".into()))
        );
        for other in ["b1c3e8f", "b1c3e8f48", "orchard legal", "b1c3e8f4-8123-496c-8dac-f8a7da746e211"] {
            assert_eq!(range(other), None, "{other}");
        }
    }

    #[test]
    fn windows_hold_a_trigram_or_are_the_whole() {
        assert_eq!(windows("orchard"), ["orcha", "rchar", "chard"]);
        assert_eq!(windows("ab - c"), ["ab - c"]);
        assert_eq!(windows("é"), ["é"]);
        assert_eq!(windows("a@b.io x"), ["a@b.io x"]);
        assert_eq!(windows("a@legal"), ["a@leg", "@lega", "legal"]);
        assert_eq!(windows("abcdefghijklmnopq"), ["abcde", "cdefg", "efghi", "ghijk", "ijklm", "klmno", "mnopq"]);
    }
}
