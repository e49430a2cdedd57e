//! The list of tenants: search, filters, pages in both directions.

use crate::{add_reseller, add_tenant, database, owner, person};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{Authority, ReadTenants, demand};
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::tenants::{Direction, Filter, Page, ResellerFilter, Sort, list, view, view_by_short_name};
use steward_domain::role::Role;
use steward_domain::short_name::ShortName;
use steward_domain::tenant::{AttentionKind, Status};

fn names(page: &Page) -> Vec<&str> {
    page.rows.iter().map(|row| row.name.as_str()).collect()
}

async fn find(database: &Database, authority: &Authority<ReadTenants>, filter: Filter) -> Page {
    list(database, authority, &filter, Sort::Name, None, 50).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_forward_and_back_show_every_tenant_once(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    // Equal names: the id decides.
    for n in 0..11 {
        add_tenant(&pool, if n % 3 == 0 { "Same" } else { "other" }, &format!("tenant{n}"), None).await;
    }
    let authority = demand::<ReadTenants>(&database, &person(Role::Support)).await.unwrap();
    for sort in [Sort::Name, Sort::Changed] {
        let mut pages = Vec::new();
        let mut page = list(&database, &authority, &Filter::default(), sort, None, 4).await.unwrap();
        assert!(!page.has_previous);
        loop {
            pages.push(page.clone());
            if !page.has_next {
                break;
            }
            let edge = page.rows.last().unwrap().cursor();
            page = list(&database, &authority, &Filter::default(), sort, Some((&edge, Direction::Forward)), 4).await.unwrap();
        }
        let mut ids: Vec<_> = pages.iter().flat_map(|page| page.rows.iter().map(|row| row.id)).collect();
        assert_eq!(ids.len(), 11);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 11);

        let edge = pages[2].rows.first().unwrap().cursor();
        let back = list(&database, &authority, &Filter::default(), sort, Some((&edge, Direction::Backward)), 4).await.unwrap();
        assert_eq!(back.rows, pages[1].rows);
        assert!(back.has_previous && back.has_next);
        let edge = back.rows.first().unwrap().cursor();
        let first = list(&database, &authority, &Filter::default(), sort, Some((&edge, Direction::Backward)), 4).await.unwrap();
        assert_eq!(first.rows, pages[0].rows);
        assert!(!first.has_previous);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn search_and_filters_find_what_they_say(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let reseller = add_reseller(&database, "meridian-cloud").await;
    let acme = add_tenant(&pool, "Acme Corp", "acme", None).await;
    add_tenant(&pool, "100% Würth", "wuerth", Some(reseller)).await;
    sqlx::query("update tenant set status = 'provisioning', attention_kind = 'waiting', attention_text = 'Waits for Keycloak', attention_since = now() where id = $1")
        .bind(acme)
        .execute(&pool)
        .await
        .unwrap();
    let authority = demand::<ReadTenants>(&database, &person(Role::Support)).await.unwrap();

    for (search, found) in [
        ("cme", vec!["Acme Corp"]),
        ("ACME.INOSEC", vec!["Acme Corp"]),
        ("admin@wue", vec!["100% Würth"]),
        ("würth", vec!["100% Würth"]),
        ("0%", vec!["100% Würth"]),
        ("_", vec![]),
        (&acme.to_string()[..13], vec!["Acme Corp"]),
    ] {
        let page = find(&database, &authority, Filter { search: Some(search.into()), ..Default::default() }).await;
        assert_eq!(names(&page), found, "{search}");
    }
    let filters = [
        (Filter { status: Some(Status::Provisioning), ..Default::default() }, vec!["Acme Corp"]),
        (Filter { attention: Some(AttentionKind::Waiting), ..Default::default() }, vec!["Acme Corp"]),
        (Filter { attention: Some(AttentionKind::Stopped), ..Default::default() }, vec![]),
        (Filter { reseller: Some(ResellerFilter::Of(reseller)), ..Default::default() }, vec!["100% Würth"]),
        (Filter { reseller: Some(ResellerFilter::Direct), ..Default::default() }, vec!["Acme Corp"]),
    ];
    for (filter, found) in filters {
        assert_eq!(names(&find(&database, &authority, filter.clone()).await), found, "{filter:?}");
    }
    let seen = view(&database, &authority, acme).await.unwrap();
    assert_eq!(seen.attention.unwrap().text, "Waits for Keycloak");
    assert_eq!(view_by_short_name(&database, &authority, &ShortName::parse("acme").unwrap()).await.unwrap().id, acme);
    assert!(matches!(view(&database, &authority, reseller).await, Err(Error::NotFound("tenant"))));
}

/// Behind more rows than a search looks through in order, the trigram index must find the same.
#[sqlx::test(migrations = "../migrations")]
async fn search_finds_what_lies_far_behind(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    sqlx::query(
        "insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by)
         select gen_random_uuid(), 'active', 'activation', 'Alpha ' || n, 'alpha' || n, 'alpha' || n || '.inosec.com', 'admin@alpha' || n || '.example', 'morocco', 'test'
         from generate_series(1, 5000) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let zeta = add_tenant(&pool, "Zeta 50% & Söhne_GmbH", "zeta", None).await;
    add_tenant(&pool, "Zeta 500 & Söhne GmbH", "zeta-two", None).await;
    let authority = demand::<ReadTenants>(&database, &person(Role::Support)).await.unwrap();
    for (search, found) in [
        ("50% & söhne", vec!["Zeta 50% & Söhne_GmbH"]),
        ("söhne_g", vec!["Zeta 50% & Söhne_GmbH"]),
        ("admin@zeta.example", vec!["Zeta 50% & Söhne_GmbH"]),
        (".inosec.com admin@zeta", vec!["Zeta 50% & Söhne_GmbH", "Zeta 500 & Söhne GmbH"]),
        ("& ", vec!["Zeta 50% & Söhne_GmbH", "Zeta 500 & Söhne GmbH"]),
        ("alpha 4999", vec!["Alpha 4999"]),
        ("alpha 4999x", vec![]),
        (&zeta.to_string(), vec!["Zeta 50% & Söhne_GmbH"]),
    ] {
        for sort in [Sort::Name, Sort::Changed] {
            let filter = Filter { search: Some(search.into()), ..Default::default() };
            let page = list(&database, &authority, &filter, sort, None, 50).await.unwrap();
            let mut in_order = found.clone();
            match sort {
                Sort::Name => in_order.sort_by_key(|name| name.to_lowercase()),
                // The last one added changed last.
                Sort::Changed => in_order.reverse(),
            }
            assert_eq!(names(&page), in_order, "{search} by {sort:?}");
        }
    }
}

/// A search is paged like the list: forward to its end and back, each match once.
#[sqlx::test(migrations = "../migrations")]
async fn a_search_is_paged_to_its_end_and_back(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    for (word, count) in [("Aaa", 4_500), ("Mmm", 23), ("Zzz", 40)] {
        sqlx::query(
            "insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by, changed_at)
             select gen_random_uuid(), 'active', 'activation', $1 || ' ' || lpad(n::text, 5, '0'), lower($1) || n, lower($1) || n || '.inosec.com', 'admin@' || lower($1) || n || '.example', 'morocco', 'test', now() - n * interval '1 second'
             from generate_series(1, $2) n",
        )
        .bind(word)
        .bind(count)
        .execute(&pool)
        .await
        .unwrap();
    }
    let authority = demand::<ReadTenants>(&database, &person(Role::Support)).await.unwrap();
    for (search, count) in [("mmm", 23), ("zzz", 40), ("aaa0", 0), ("aaa 0000", 9)] {
        for sort in [Sort::Name, Sort::Changed] {
            let filter = Filter { search: Some(search.into()), ..Default::default() };
            let mut pages = vec![list(&database, &authority, &filter, sort, None, 10).await.unwrap()];
            while pages.last().unwrap().has_next {
                let edge = pages.last().unwrap().rows.last().unwrap().cursor();
                pages.push(list(&database, &authority, &filter, sort, Some((&edge, Direction::Forward)), 10).await.unwrap());
                assert!(pages.len() < 10);
            }
            let found: Vec<String> = pages.iter().flat_map(|page| names(page).into_iter().map(str::to_owned)).collect();
            assert!(found.is_sorted() && found.len() == count, "{search} by {sort:?}: {found:?}");
            for place in (1..pages.len()).rev() {
                let edge = pages[place].rows.first().unwrap().cursor();
                let back = list(&database, &authority, &filter, sort, Some((&edge, Direction::Backward)), 10).await.unwrap();
                assert_eq!(names(&back), names(&pages[place - 1]), "{search} by {sort:?}, back to page {place}");
            }
        }
    }
}
