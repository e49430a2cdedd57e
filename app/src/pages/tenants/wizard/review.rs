//! Last page of the wizard: the plan. What is agreed to here is what runs.

use super::{crumbs, organisation, settings};
use crate::api::error::ApiError;
use crate::api::tenants::create_tenant;
use crate::components::facts::{address, fact, fact_code};
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::note;
use crate::components::path::{Page, path};
use crate::components::plan::{plan_table, preflight};
use crate::components::status::{Tone, status};
use crate::frame::{About, Frame, Place, page};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{CreateTenants, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::draft;
use steward_domain::moment;
use steward_domain::onboarding::{Draft, Wish};
use steward_domain::plan::{Action, Plan, Verdict};
use steward_domain::resource::Names;
use steward_domain::tenant::Stage;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The draft.
    pub draft: Uuid,
    /// What it asks for.
    pub wish: Wish,
    /// The name of its reseller.
    pub reseller: Option<String>,
    /// What will be made of it.
    pub plan: Plan,
    /// Whether the plan is another one than was agreed to.
    pub changed: bool,
}

/// The page; if a page before is not right yet, that one.
///
/// # Errors
/// When the person may not, there is no such draft, or the plan cannot be made.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<CreateTenants>(&services.database, &visit.frame.actor).await?;
    let found = match draft(&services.database, &authority, id).await {
        // Created meanwhile, or never there: the tenant's page knows.
        Err(Error::NotFound(_)) => return Ok(Reply::see_other(format!("/tenants/{id}"))),
        found => found?,
    };
    let wish = match found.draft.check() {
        Ok(wish) => wish,
        Err(_) => return Ok(unfinished(id, &found.draft)),
    };
    let plan = services.provisioning.plan_onboarding(&authority, id).await?;
    let reseller = reseller_name(visit, &wish).await?;
    Ok(Reply::page(view(&visit.frame, Model { draft: id, wish, reseller, plan, changed: false })))
}

/// The name of the reseller that a wish names; its short name for those who may not list resellers.
async fn reseller_name(visit: &Visit, wish: &Wish) -> Result<Option<String>, Error> {
    let Some(short_name) = wish.organisation.reseller.clone() else { return Ok(None) };
    let services = &visit.services;
    let authority = demand::<ReadTenants>(&services.database, &visit.frame.actor).await?;
    let all = services.resellers.of(&services.database, &authority, visit.frame.now).await?;
    Ok(all.iter().find(|reseller| reseller.short_name == short_name).map(|reseller| reseller.name.clone()).or(Some(short_name)))
}

/// Back to the first page that is not right, saying what is missing.
fn unfinished(id: Uuid, draft: &Draft) -> Reply {
    let (page, errors) = match draft.organisation.check() {
        Err(errors) => (Page::Organisation, errors),
        Ok(_) => (Page::Settings, draft.settings.clone().unwrap_or_default().check().err().unwrap_or_default()),
    };
    let missing = errors.first().map(|error| error.message.as_str()).unwrap_or("something is missing");
    Reply::done(page.of(id), format!("Not ready for review yet: {missing}"))
}

/// The form: creates the tenant by the plan whose hash it carries.
///
/// # Errors
/// When the page cannot be loaded again to show the new plan.
pub async fn post(visit: &Visit, id: Uuid, body: FormBody) -> Result<Reply, Error> {
    match visit.within(create_tenant(id, value_of(&body, "plan"))).await {
        Ok(created) => Ok(Reply::see_other(format!("/tenants/{}/runs/{}", created.tenant_id, created.run_number))),
        Err(ApiError::PlanChanged(plan)) => {
            let services = &visit.services;
            let authority = demand::<CreateTenants>(&services.database, &visit.frame.actor).await?;
            let found = draft(&services.database, &authority, id).await?;
            let Ok(wish) = found.draft.check() else { return Ok(unfinished(id, &found.draft)) };
            let reseller = reseller_name(visit, &wish).await?;
            let model = Model { draft: id, wish, reseller, plan: *plan, changed: true };
            Ok(Reply::Page { status: 409, html: view(&visit.frame, model) })
        }
        // Taken or changed since the review: the page that has the field comes back. The other one is judged again behind it.
        Err(ApiError::Invalid(errors)) => {
            let (first, second): (Vec<_>, Vec<_>) =
                errors.into_iter().partition(|error| organisation::FIELDS.contains(&error.field.as_str()));
            if first.is_empty() { settings::refused(visit, id, second).await } else { organisation::refused(visit, id, first).await }
        }
        Err(error) => Ok(failed(visit, error)),
    }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let about = About::page(format!("Review, onboard {}", model.wish.organisation.name), Place::Tenants).wrong_if(model.changed);
    let base_domain = frame.site.base_domain.clone();
    page(frame, &about, move || {
        let Model { draft, wish, reseller, plan, changed } = model;
        let head = PageHead {
            crumbs: crumbs(),
            status: Some(status(Tone::Idle, Icon::Ring, "Draft, nothing is made yet").into_any()),
            ..PageHead::titled(format!("Review: {}", wish.organisation.name))
        };
        let changed = changed.then(|| {
            let now = if plan.may_run() {
                "Look at the new plan, then press Create again."
            } else {
                "The new plan cannot run; what stands in its way is below."
            };
            let words = view! { <p>"The draft or a system changed since you looked. Nothing ran. "{now}" "<code>"TEN-409"</code></p> };
            view! { <div class="sec" role="alert">{note(Tone::Warn, Icon::Warn, "The plan changed", words)}</div> }
        });
        view! {
            {head.draw()}
            {path(Page::Review, Some(draft))}
            {changed}
            <div class="cols">
                <div class="stack">
                    {blocked(&plan)}
                    {preflight(&plan)}
                    {plan_table(&plan)}
                    {acts(draft, &wish, &plan)}
                </div>
                <div class="stack">{about_wish(draft, &wish, reseller, &base_domain)}</div>
            </div>
        }
    })
}

/// Why the plan cannot run, and what to do.
fn blocked(plan: &Plan) -> Option<impl IntoView + use<>> {
    if plan.may_run() {
        return None;
    }
    let foreign = plan.items.iter().filter(|item| item.action == Action::Foreign).map(|item| {
        (
            format!("{} {} in {} was not made by Steward", item.kind.label(), item.name, item.kind.system()),
            Some("Choose another short name, or have it removed by who made it.".to_owned()),
        )
    });
    let failed =
        plan.preflight.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| (check.what.clone(), check.helps.clone()));
    let lines: Vec<_> = foreign
        .chain(failed)
        .map(|(what, helps)| view! { <li><strong>{what}</strong>{helps.map(|helps| format!(". {helps}"))}</li> })
        .collect();
    let body = view! { <p>"Nothing was made and nothing foreign is touched."</p><ul class="dots">{lines}</ul> };
    Some(note(Tone::Bad, Icon::Stop, "This plan cannot run", body))
}

fn acts(draft: Uuid, wish: &Wish, plan: &Plan) -> impl IntoView + use<> {
    let name = wish.organisation.name.clone();
    let again = Page::Review.of(draft);
    let usual = match plan.usual {
        Some(usual) => format!("Usually takes {}. You can watch it, or leave.", moment::duration(usual.median_ms)),
        None => "You can watch it, or leave.".to_owned(),
    };
    let create = if plan.may_run() {
        view! {
            <form class="formend" method="post" action=format!("/tenants/{draft}/draft/create") data-once>
                <input type="hidden" name="plan" value=plan.hash.clone()/>
                <button class="btn primary" type="submit" data-busy="Creating…">{format!("Create {name}")}</button>
                <a class="btn quiet" href=Page::Settings.of(draft)>"Back"</a>
                <span class="faint">{usual}</span>
            </form>
        }
        .into_any()
    } else {
        view! {
            <div class="formend">
                <a class="btn primary" href=again.clone()>{icon(Icon::Retry)}"Check again"</a>
                <a class="btn" href=Page::Organisation.of(draft)>"Change the short name"</a>
            </div>
        }
        .into_any()
    };
    let recheck = plan.may_run().then(|| view! { <a class="btn small quiet" href=again>"Check the systems again"</a> });
    view! {
        {create}
        <form class="acts" method="post" action=format!("/tenants/{draft}/draft/discard")>
            {recheck}
            <button class="btn small quiet" type="submit">"Discard this draft"</button>
        </form>
    }
}

fn about_wish(draft: Uuid, wish: &Wish, reseller: Option<String>, base_domain: &str) -> impl IntoView + use<> {
    let organisation = &wish.organisation;
    let limits = wish.settings.limits;
    let names = Names::of(&organisation.short_name, base_domain);
    let next = format!(
        "While it is made it is {}’s turn, then the {}’s, who opens the invitation.",
        Stage::Creation.responsible().label(),
        Stage::Activation.responsible().label()
    );
    view! {
        <section class="sec">
            <header><h2>"Organisation"</h2><a href=Page::Organisation.of(draft)>"Change"<span class="vh">" organisation"</span></a></header>
            <dl class="facts">
                {fact("Name", organisation.name.clone())}
                {fact_code("Short name", organisation.short_name.to_string())}
                {fact("Contact", address(organisation.contact_email.as_str()))}
                {fact("Reseller", reseller.unwrap_or_else(|| "None, direct".to_owned()))}
            </dl>
        </section>
        <section class="sec">
            <header><h2>"Domain and limits"</h2><a href=Page::Settings.of(draft)>"Change"<span class="vh">" domain and limits"</span></a></header>
            <dl class="facts">
                {fact("Domain", names.domain)}
                {fact("CPU", format!("{} cores", limits.cpu))}
                {fact("Memory", format!("{} GiB", limits.memory_gib))}
                {fact("Storage", format!("{} GiB", limits.storage_gib))}
                {fact("GPU", limits.gpu.to_string())}
                {fact("Region", wish.settings.region.label())}
                {fact("Features", wish.settings.features.sentence())}
            </dl>
        </section>
        <section class="sec">
            <h2>"What happens next"</h2>
            <p class="s dim">{format!("Steward makes each row of the plan and looks at it again. Then {} gets an invitation by mail, valid for a first sign-in with a second factor.", organisation.contact_email)}</p>
            <p class="s dim">{next}</p>
        </section>
    }
}
