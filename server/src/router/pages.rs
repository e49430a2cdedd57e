//! The pages and forms for signed-in people: path by path, nothing else. What guards them is in `page.rs`, what they do in `steward-app`.

use super::{Asked, Routes};
use steward_app::pages::tenants::wizard::{self, NotSaved};
use steward_app::pages::{account, audit, cells, drift, platform, runs, tenants};
use steward_app::visit::{Reply, Visit};
use steward_core::error::Result;

/// Registers every page and form.
pub(super) fn register(routes: Routes) -> Routes {
    routes
        .page("/tenants", tenant_list)
        .page("/tenants/new", organisation_new)
        .form("/tenants/new", organisation_new_post, organisation_new_kept)
        .page("/tenants/bulk", bulk)
        .upload("/tenants/bulk", bulk_post, bulk_kept)
        .page("/tenants/bulk/{batch}", batch)
        .button("/tenants/bulk/{batch}/start", "", batch_start)
        .page("/tenants/{id}", tenant)
        .page("/tenants/{id}/branding", branding)
        .upload("/tenants/{id}/branding", branding_post, branding_kept)
        .page("/tenants/{id}/branding/compare", branding_compare)
        .button("/tenants/{id}/branding/bring-back", "", branding_bring_back)
        .page("/tenants/{id}/draft/organisation", organisation)
        .form("/tenants/{id}/draft/organisation", organisation_post, organisation_kept)
        .page("/tenants/{id}/draft/settings", settings)
        .form("/tenants/{id}/draft/settings", settings_post, settings_kept)
        .page("/tenants/{id}/draft/review", review)
        .button("/tenants/{id}/draft/create", "/review", create)
        .button("/tenants/{id}/draft/discard", "/review", discard)
        .page("/tenants/{id}/limits", limits)
        .form("/tenants/{id}/limits", limits_post, limits_kept)
        .page("/tenants/{id}/settings", tenant_settings)
        .form("/tenants/{id}/settings", tenant_settings_post, tenant_settings_kept)
        .page("/tenants/{id}/suspension", suspension)
        .form("/tenants/{id}/suspension", suspension_post, suspension_kept)
        .button("/tenants/{id}/roll-back", "", roll_back)
        .button("/tenants/{id}/remove-resource", "", resource_remove)
        .button("/tenants/{id}/bring-back-resource", "", resource_bring_back)
        .page("/tenants/{id}/changes/{change}", change)
        .button("/tenants/{id}/changes/{change}/start", "", change_start)
        .button("/tenants/{id}/changes/{change}/discard", "", change_discard)
        .button("/tenants/{id}/changes/{change}/insist", "", change_insist)
        .page("/tenants/{id}/runs/{number}", run)
        .button("/tenants/{id}/runs/{number}/retry", "", retry)
        .button("/tenants/{id}/runs/{number}/cancel", "", cancel)
        .page("/runs", run_list)
        .page("/drift", drift_list)
        .page("/tenants/{id}/drift", tenant_drift)
        .button("/tenants/{id}/drift/repair", "", drift_repair)
        .button("/tenants/{id}/drift/accept", "", drift_accept)
        .button("/tenants/{id}/drift/ignore", "", drift_ignore)
        .button("/tenants/{id}/drift/report", "", drift_report)
        .button("/tenants/{id}/drift/look", "", drift_look)
        .button("/tenants/{id}/drift/silently", "", drift_silently)
        .page("/tenants/{id}/domain", tenant_domain)
        .form("/tenants/{id}/domain", domain_post, domain_kept)
        .button("/tenants/{id}/domain/verify", "", domain_verify)
        .button("/tenants/{id}/domain/forget", "", domain_forget)
        .button("/tenants/{id}/domain/propose", "", domain_propose)
        .button("/tenants/{id}/domain/remove", "", domain_remove)
        .button("/tenants/{id}/domain/check", "", domain_check)
        .button("/tenants/{id}/domain/renew", "", domain_renew)
        .page("/tenants/{id}/mails", tenant_mails)
        .button("/tenants/{id}/mails/again", "", mail_again)
        .page("/platform/cells", cell_list)
        .page("/platform", platform)
        .form("/platform", platform_pause, platform_kept)
        .button("/platform/resume", "", platform_resume)
        .page("/audit", entry_list)
        .page("/audit/{id}", entry)
        .page("/account", account)
        .button("/account/appearance", "", appearance)
}

async fn tenant_list(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::list::get(&visit, &asked.query).await
}

async fn bulk(visit: Visit, _: Asked) -> Result<Reply> {
    tenants::bulk::get(&visit).await
}

async fn bulk_post(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::bulk::post(&visit, &asked.form, asked.file).await
}

fn bulk_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(tenants::bulk::not_saved(visit, &asked.form, why))
}

async fn batch(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::bulk::progress::get(&visit, asked.id("batch")?).await
}

async fn batch_start(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::bulk::progress::start(&visit, asked.id("batch")?).await
}

async fn tenant(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::view::get(&visit, asked.id("id")?).await
}

async fn branding(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::branding::get(&visit, asked.id("id")?).await
}

async fn branding_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::branding::post(&visit, id, &asked.form, asked.file).await
}

fn branding_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    tenants::branding::not_saved(visit, asked.id("id")?, &asked.form, why)
}

async fn branding_compare(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::branding::compare::get(&visit, asked.id("id")?, &asked.query).await
}

async fn branding_bring_back(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::branding::bring_back(&visit, asked.id("id")?, &asked.form).await
}

async fn organisation_new(visit: Visit, _: Asked) -> Result<Reply> {
    wizard::organisation::get(&visit, None).await
}

async fn organisation_new_post(visit: Visit, asked: Asked) -> Result<Reply> {
    wizard::organisation::post(&visit, None, asked.form).await
}

fn organisation_new_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(wizard::organisation::not_saved(visit, None, &asked.form, why))
}

async fn organisation(visit: Visit, asked: Asked) -> Result<Reply> {
    wizard::organisation::get(&visit, Some(asked.id("id")?)).await
}

async fn organisation_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    wizard::organisation::post(&visit, Some(id), asked.form).await
}

fn organisation_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(wizard::organisation::not_saved(visit, Some(asked.id("id")?), &asked.form, why))
}

async fn settings(visit: Visit, asked: Asked) -> Result<Reply> {
    wizard::settings::get(&visit, asked.id("id")?).await
}

async fn settings_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    wizard::settings::post(&visit, id, asked.form).await
}

fn settings_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(wizard::settings::not_saved(visit, asked.id("id")?, &asked.form, why))
}

async fn review(visit: Visit, asked: Asked) -> Result<Reply> {
    wizard::review::get(&visit, asked.id("id")?).await
}

async fn create(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    wizard::review::post(&visit, id, asked.form).await
}

async fn discard(visit: Visit, asked: Asked) -> Result<Reply> {
    wizard::discard::post(&visit, asked.id("id")?).await
}

async fn run(visit: Visit, asked: Asked) -> Result<Reply> {
    runs::timeline::get(&visit, asked.id("id")?, asked.number("number")?).await
}

async fn retry(visit: Visit, asked: Asked) -> Result<Reply> {
    let (id, number) = (asked.id("id")?, asked.number("number")?);
    runs::timeline::retry(&visit, id, number, asked.form).await
}

async fn cancel(visit: Visit, asked: Asked) -> Result<Reply> {
    runs::timeline::cancel(&visit, asked.id("id")?, asked.number("number")?).await
}

async fn limits(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::limits::get(&visit, asked.id("id")?).await
}

async fn limits_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::limits::post(&visit, id, asked.form).await
}

fn limits_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(tenants::limits::not_saved(visit, asked.id("id")?, &asked.form, why))
}

async fn tenant_settings(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::settings::get(&visit, asked.id("id")?).await
}

async fn tenant_settings_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::settings::post(&visit, id, asked.form).await
}

fn tenant_settings_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(tenants::settings::not_saved(visit, asked.id("id")?, &asked.form, why))
}

async fn suspension(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::suspension::get(&visit, asked.id("id")?).await
}

async fn suspension_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::suspension::post(&visit, id, asked.form).await
}

fn suspension_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(tenants::suspension::not_saved(visit, asked.id("id")?, &asked.form, why))
}

async fn roll_back(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::change::roll_back(&visit, asked.id("id")?).await
}

async fn resource_remove(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::resources::remove(&visit, asked.id("id")?, &asked.form).await
}

async fn resource_bring_back(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::resources::bring_back(&visit, asked.id("id")?, &asked.form).await
}

async fn change(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::change::get(&visit, asked.id("id")?, asked.id("change")?).await
}

async fn change_start(visit: Visit, asked: Asked) -> Result<Reply> {
    let (id, change) = (asked.id("id")?, asked.id("change")?);
    tenants::change::start(&visit, id, change, asked.form).await
}

async fn change_discard(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::change::discard(&visit, asked.id("id")?, asked.id("change")?).await
}

async fn change_insist(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::change::insist(&visit, asked.id("id")?, asked.id("change")?).await
}

async fn run_list(visit: Visit, asked: Asked) -> Result<Reply> {
    runs::list::get(&visit, &asked.query).await
}

async fn drift_list(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::list::get(&visit, &asked.query).await
}

async fn tenant_drift(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::tenant::get(&visit, asked.id("id")?).await
}

async fn drift_repair(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::repair(&visit, asked.id("id")?, asked.form).await
}

async fn drift_accept(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::accept(&visit, asked.id("id")?, asked.form).await
}

async fn drift_ignore(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::ignore(&visit, asked.id("id")?, asked.form).await
}

async fn drift_report(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::report(&visit, asked.id("id")?, asked.form).await
}

async fn drift_silently(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::silently(&visit, asked.id("id")?, asked.form).await
}

async fn drift_look(visit: Visit, asked: Asked) -> Result<Reply> {
    drift::acts::look(&visit, asked.id("id")?).await
}

async fn tenant_domain(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::domain::get(&visit, asked.id("id")?).await
}

async fn domain_post(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::domain::post(&visit, id, asked.form).await
}

fn domain_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(tenants::domain::not_saved(visit, asked.id("id")?, &asked.form, why))
}

async fn domain_verify(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::domain::verify(&visit, id, asked.form).await
}

async fn domain_forget(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::domain::forget(&visit, id, asked.form).await
}

async fn domain_propose(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::domain::propose(&visit, id, asked.form).await
}

async fn domain_remove(visit: Visit, asked: Asked) -> Result<Reply> {
    let id = asked.id("id")?;
    tenants::domain::remove(&visit, id, asked.form).await
}

async fn domain_check(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::domain::check(&visit, asked.id("id")?).await
}

async fn domain_renew(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::domain::renew(&visit, asked.id("id")?).await
}

async fn tenant_mails(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::mails::get(&visit, asked.id("id")?).await
}

async fn mail_again(visit: Visit, asked: Asked) -> Result<Reply> {
    tenants::mails::again(&visit, asked.id("id")?, &asked.form).await
}

async fn cell_list(visit: Visit, _: Asked) -> Result<Reply> {
    cells::get(&visit).await
}

async fn platform(visit: Visit, _: Asked) -> Result<Reply> {
    platform::get(&visit).await
}

async fn platform_pause(visit: Visit, asked: Asked) -> Result<Reply> {
    platform::pause(&visit, &asked.form).await
}

fn platform_kept(visit: &Visit, asked: &Asked, why: NotSaved) -> Result<Reply> {
    Ok(platform::not_saved(visit, &asked.form, why))
}

async fn platform_resume(visit: Visit, _: Asked) -> Result<Reply> {
    platform::resume(&visit).await
}

async fn entry_list(visit: Visit, asked: Asked) -> Result<Reply> {
    audit::list::get(&visit, &asked.query).await
}

async fn entry(visit: Visit, asked: Asked) -> Result<Reply> {
    audit::entry::get(&visit, asked.id("id")?).await
}

async fn account(visit: Visit, _: Asked) -> Result<Reply> {
    account::get(&visit).await
}

async fn appearance(visit: Visit, asked: Asked) -> Result<Reply> {
    account::set_appearance(&visit, asked.form).await
}
