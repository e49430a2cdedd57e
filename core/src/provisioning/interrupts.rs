//! What people notice while or after a step of a plan is done: said before anybody agrees to it.

use super::wanted::Wanted;
use steward_domain::difference::Difference;
use steward_domain::plan::Action;
use steward_domain::resource::ResourceKind;

/// What is known of a row of a plan.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Of what kind it is.
    pub(super) kind: ResourceKind,
    /// What is done.
    pub(super) action: Action,
    /// What a change brings from where to where.
    pub(super) differences: &'a [Difference],
    /// Whether what it lies in is there already, and may be in use.
    pub(super) among_others: bool,
}

/// What it interrupts; none if nobody notices.
pub(super) fn interrupts(row: Row<'_>, wanted: &Wanted) -> Option<String> {
    let words = match row.action {
        Action::Keep | Action::Foreign => None,
        // In what is only being made nothing runs yet.
        Action::Create if !row.among_others => None,
        Action::Create => created(row.kind),
        Action::Change if row.kind == ResourceKind::CustomIngress => return Some(other_domain(row.differences)),
        Action::Change => changed(row.kind, wanted),
        Action::Remove => Some(removed(row.kind, wanted)),
    };
    words.map(str::to_owned)
}

/// Made, or brought back, in something that may be in use.
fn created(kind: ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::ResourceQuota => Some("What runs goes on; what is new must fit the limits"),
        ResourceKind::NetworkPolicy => Some("Connections that it does not allow end"),
        ResourceKind::SecondFactor => Some("Whoever has no second factor has to enrol one at the next sign-in"),
        ResourceKind::Namespace
        | ResourceKind::LimitRange
        | ResourceKind::Realm
        | ResourceKind::Administrator
        | ResourceKind::Secrets
        | ResourceKind::Policy
        | ResourceKind::TransitKey
        | ResourceKind::Folder
        | ResourceKind::PrometheusDatasource
        | ResourceKind::LokiDatasource
        | ResourceKind::Dashboard
        | ResourceKind::DnsRecord
        | ResourceKind::Certificate
        | ResourceKind::TlsSecret
        | ResourceKind::Ingress
        | ResourceKind::Validation
        | ResourceKind::CustomDomain
        | ResourceKind::CustomCertificate
        | ResourceKind::CustomTlsSecret
        | ResourceKind::CustomIngress
        | ResourceKind::CustomValidation => None,
    }
}

fn changed(kind: ResourceKind, wanted: &Wanted) -> Option<&'static str> {
    match kind {
        ResourceKind::Realm => wanted.suspended.then_some("Everybody is signed out, nobody can sign in"),
        ResourceKind::ResourceQuota => Some("What runs goes on; what is new must fit the new limits"),
        ResourceKind::LimitRange => Some("What runs goes on; new containers that ask for nothing get other defaults"),
        ResourceKind::NetworkPolicy => Some("Connections that it does not allow end"),
        ResourceKind::SecondFactor => Some("People are asked for the second factor again"),
        ResourceKind::Policy => Some("Tokens that carry it lose at once what it does not allow"),
        ResourceKind::Dashboard => Some("What was edited in it by hand is overwritten"),
        ResourceKind::DnsRecord => Some("The domain leads elsewhere until resolvers have forgotten the old record"),
        ResourceKind::Certificate | ResourceKind::CustomCertificate => {
            Some("The domain stays served; the old certificate is revoked once the new one is deployed")
        }
        ResourceKind::Ingress | ResourceKind::CustomIngress => Some("Requests go where it says anew; ways that were added to it end"),
        // A label, a name, a title, a mark, an address that is asked from then on, a look: nobody notices.
        ResourceKind::Namespace
        | ResourceKind::Administrator
        | ResourceKind::Secrets
        | ResourceKind::TransitKey
        | ResourceKind::Folder
        | ResourceKind::PrometheusDatasource
        | ResourceKind::LokiDatasource
        | ResourceKind::TlsSecret
        | ResourceKind::Validation
        | ResourceKind::CustomDomain
        | ResourceKind::CustomTlsSecret
        | ResourceKind::CustomValidation => None,
    }
}

/// The ingress of the custom domain has one host: another one takes the old one off.
fn other_domain(differences: &[Difference]) -> String {
    match differences.iter().find(|difference| difference.field.ends_with(".host")) {
        Some(host) => format!("{} is no longer served; {} is, in its place", host.seen, host.wanted),
        None => "Requests go where it says anew; ways and domains that were added to it end".to_owned(),
    }
}

fn removed(kind: ResourceKind, wanted: &Wanted) -> &'static str {
    match kind {
        ResourceKind::Namespace => "Everything that runs in it ends",
        ResourceKind::ResourceQuota => "What runs goes on; no limit holds any more, and its use is not counted",
        ResourceKind::LimitRange if wanted.wants(ResourceKind::ResourceQuota) => {
            "What runs goes on; the quota refuses new containers that ask for nothing"
        }
        ResourceKind::LimitRange => "What runs goes on; new containers that ask for nothing get no defaults",
        ResourceKind::NetworkPolicy => "Connections are no longer held back: whatever runs in it can be reached, and reach everything",
        ResourceKind::Realm => "Every account is gone, nobody can sign in",
        ResourceKind::SecondFactor => "No second factor is forced any more: whoever has none signs in with a password alone",
        ResourceKind::Administrator => "The person can no longer sign in",
        ResourceKind::Secrets => "Every secret and its versions are gone",
        ResourceKind::Policy => "Tokens that carry it reach neither the tenant's secrets nor its key any more",
        ResourceKind::TransitKey => "What was encrypted with it can never be read again",
        ResourceKind::Folder => "Its dashboards are gone",
        ResourceKind::PrometheusDatasource => "Panels and alerts that ask it for metrics show nothing; the metrics themselves stay",
        ResourceKind::LokiDatasource => "Panels and alerts that ask it for logs show nothing; the logs themselves stay",
        ResourceKind::Dashboard => "The dashboard is gone, with what was edited in it by hand",
        ResourceKind::DnsRecord => "The domain leads nowhere",
        ResourceKind::Certificate | ResourceKind::CustomCertificate => "Its certificate is revoked",
        ResourceKind::Ingress | ResourceKind::TlsSecret => "The domain is no longer served",
        ResourceKind::CustomIngress | ResourceKind::CustomTlsSecret => "The custom domain is no longer served",
        ResourceKind::Validation | ResourceKind::CustomValidation => "Nobody looks any more whether the domain's certificate is served",
        ResourceKind::CustomDomain => "Nobody looks any more whether the domain is the customer's",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn said(kind: ResourceKind, action: Action, differences: &[Difference], among_others: bool) -> Option<String> {
        interrupts(Row { kind, action, differences, among_others }, &Wanted::acme())
    }

    /// A word of what is said when a kind is brought back, changed, removed; none where nobody notices. A kind that is added must say
    /// here what it interrupts.
    const fn expected(kind: ResourceKind) -> [Option<&'static str>; 3] {
        match kind {
            ResourceKind::Namespace => [None, None, Some("Everything that runs in it ends")],
            ResourceKind::ResourceQuota => [Some("must fit"), Some("must fit the new limits"), Some("no limit holds")],
            ResourceKind::LimitRange => [None, Some("other defaults"), Some("the quota refuses")],
            ResourceKind::NetworkPolicy => [Some("does not allow end"), Some("does not allow end"), Some("no longer held back")],
            ResourceKind::Realm => [None, None, Some("nobody can sign in")],
            ResourceKind::SecondFactor => [Some("has to enrol"), Some("asked for the second factor again"), Some("with a password alone")],
            ResourceKind::Administrator => [None, None, Some("can no longer sign in")],
            ResourceKind::Secrets => [None, None, Some("are gone")],
            ResourceKind::Policy => [None, Some("lose at once"), Some("reach neither")],
            ResourceKind::TransitKey => [None, None, Some("never be read again")],
            ResourceKind::Folder => [None, None, Some("dashboards are gone")],
            ResourceKind::PrometheusDatasource => [None, None, Some("the metrics themselves stay")],
            ResourceKind::LokiDatasource => [None, None, Some("the logs themselves stay")],
            ResourceKind::Dashboard => [None, Some("overwritten"), Some("dashboard is gone")],
            ResourceKind::DnsRecord => [None, Some("leads elsewhere"), Some("leads nowhere")],
            ResourceKind::Certificate | ResourceKind::CustomCertificate => {
                [None, Some("revoked once the new one is deployed"), Some("is revoked")]
            }
            ResourceKind::TlsSecret => [None, None, Some("The domain is no longer served")],
            ResourceKind::Ingress => [None, Some("ways that were added to it end"), Some("The domain is no longer served")],
            ResourceKind::CustomTlsSecret => [None, None, Some("The custom domain is no longer served")],
            ResourceKind::CustomIngress => [None, Some("ways and domains"), Some("The custom domain is no longer served")],
            ResourceKind::Validation | ResourceKind::CustomValidation => [None, None, Some("certificate is served")],
            ResourceKind::CustomDomain => [None, None, Some("is the customer's")],
        }
    }

    #[test]
    fn every_kind_says_of_every_action_what_it_interrupts() {
        for kind in ResourceKind::ALL {
            let seen = [(Action::Create, true), (Action::Change, true), (Action::Remove, true)]
                .map(|(action, among_others)| said(kind, action, &[], among_others));
            for (seen, expected) in seen.iter().zip(expected(kind)) {
                match (seen, expected) {
                    (None, None) => {}
                    (Some(seen), Some(part)) => assert!(seen.contains(part), "{kind:?}: {seen}"),
                    (seen, expected) => panic!("{kind:?}: {seen:?} instead of {expected:?}"),
                }
            }
            // A sentence without its full stop, as the page and the command line go on after it.
            assert!(seen.iter().flatten().all(|words| !words.ends_with('.')), "{kind:?}");
            for (action, among_others) in [(Action::Keep, true), (Action::Foreign, true), (Action::Create, false)] {
                assert_eq!(said(kind, action, &[], among_others), None, "{kind:?} {action:?}");
            }
        }
    }

    #[test]
    fn another_custom_domain_takes_the_old_one_off() {
        let host = Difference::new("spec.rules.0.host", "crm.old.example", "crm.new.example");
        let words = said(ResourceKind::CustomIngress, Action::Change, &[host], true);
        assert_eq!(words.as_deref(), Some("crm.old.example is no longer served; crm.new.example is, in its place"));
    }

    #[test]
    fn what_it_means_depends_on_what_else_there_is_to_be() {
        let suspended = Wanted { suspended: true, ..Wanted::acme() };
        let realm = Row { kind: ResourceKind::Realm, action: Action::Change, differences: &[], among_others: false };
        assert_eq!(interrupts(realm, &suspended).as_deref(), Some("Everybody is signed out, nobody can sign in"));
        let without_quota = Wanted { without: BTreeSet::from([ResourceKind::ResourceQuota]), ..Wanted::acme() };
        let range = Row { kind: ResourceKind::LimitRange, action: Action::Remove, ..realm };
        assert_eq!(
            interrupts(range, &without_quota).as_deref(),
            Some("What runs goes on; new containers that ask for nothing get no defaults")
        );
    }
}
