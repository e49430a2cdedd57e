//! The body of `POST /v2/tenants`, read strictly: what is not known is refused, and every mistake is named at its place.

use super::problem::{MemberProblem, Problem};
use serde_json::{Map, Value};
use steward_domain::features::{Feature, Features};
use steward_domain::field::FieldError;
use steward_domain::limits::Limits;
use steward_domain::onboarding::{Draft, OrganisationForm, SettingsForm};
use steward_domain::region::Region;

const MEMBERS: [&str; 8] = ["name", "domain", "contact_email", "short_name", "reseller", "region", "limits", "features"];

/// Reads a body of JSON into the draft that the wizard would have made.
pub(super) fn read(body: &Value, base_domain: &str) -> Result<Draft, Vec<MemberProblem>> {
    let mut reader = Reader::default();
    let Some(members) = body.as_object() else {
        return Err(vec![MemberProblem { field: String::new(), pointer: Some(String::new()), message: "Send a JSON object".to_owned() }]);
    };
    reader.known(members, "", &MEMBERS);
    let name = reader.text(members, "name", true);
    let domain = reader.text(members, "domain", true);
    let contact_email = reader.text(members, "contact_email", true);
    let typed = reader.text(members, "short_name", false);
    let reseller = reader.text(members, "reseller", false);
    let region = reader.text(members, "region", false);
    let features = reader.features(members);
    let limits = reader.limits(members, Limits::default_for(features.has(Feature::Ml)));
    let short_name = reader.short_name(&domain, &typed, base_domain);
    let draft = Draft {
        organisation: OrganisationForm { name, short_name, contact_email, reseller },
        settings: Some(SettingsForm {
            region: if region.is_empty() { Region::default().as_str().to_owned() } else { region },
            features: features.on().iter().map(|feature| feature.as_str().to_owned()).collect(),
            ..limits
        }),
    };
    let mut problems = reader.problems;
    // The rules are the domain's; a member that could not be read at all has its message already.
    if let Err(errors) = draft.check() {
        for error in errors {
            let problem = at_its_place(&error, members.contains_key("short_name"));
            if !problems.iter().any(|known| known.field == problem.field) {
                problems.push(problem);
            }
        }
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

/// Where a rule's field is in the body.
pub(super) fn at_its_place(error: &FieldError, has_short_name: bool) -> MemberProblem {
    let limit = Limits::RULES.iter().any(|rule| rule.field == error.field);
    let field = match error.field.as_str() {
        "short_name" if !has_short_name => "domain".to_owned(),
        field if limit => format!("limits.{field}"),
        field => field.to_owned(),
    };
    MemberProblem { pointer: Some(format!("/{}", field.replace('.', "/"))), field, message: error.message.clone() }
}

/// Reads members one by one; a wrong one becomes a problem at its place.
#[derive(Default)]
pub(super) struct Reader {
    problems: Vec<MemberProblem>,
}

impl Reader {
    /// What was read, if nothing of it was wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Problem> {
        if self.problems.is_empty() { Ok(read) } else { Err(Problem::invalid(self.problems)) }
    }

    /// A text, if it is said.
    pub(super) fn said(&mut self, members: &Map<String, Value>, name: &str) -> Option<String> {
        let before = self.problems.len();
        members.get(name)?;
        Some(self.text(members, name, true)).filter(|_| self.problems.len() == before)
    }

    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        let pointer = format!("/{}", field.split('.').map(|part| part.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/"));
        self.problems.push(MemberProblem { field: field.to_owned(), pointer: Some(pointer), message: message.into() });
    }

    pub(super) fn known(&mut self, members: &Map<String, Value>, prefix: &str, known: &[&str]) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.problem(&format!("{prefix}{name}"), format!("There is no member called {name}; known are {}", known.join(", ")));
        }
    }

    pub(super) fn text(&mut self, members: &Map<String, Value>, name: &str, required: bool) -> String {
        match members.get(name) {
            Some(Value::String(text)) if text.chars().any(char::is_control) => {
                self.problem(name, format!("{name} must not contain control characters"));
            }
            Some(Value::String(text)) => return text.clone(),
            Some(Value::Null) | None if !required => {}
            Some(Value::Null) | None => self.problem(name, format!("{name} is missing")),
            Some(_) => self.problem(name, format!("{name} must be a text")),
        }
        String::new()
    }

    pub(super) fn object<'a>(&mut self, members: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
        match members.get(name) {
            Some(Value::Object(object)) => return Some(object),
            Some(Value::Null) | None => {}
            Some(_) => self.problem(name, format!("{name} must be an object")),
        }
        None
    }

    /// The features that are on: the defaults, changed by what is said.
    fn features(&mut self, members: &Map<String, Value>) -> Features {
        let said = self.object(members, "features").cloned().unwrap_or_default();
        self.known(&said, "features.", &Feature::ALL.map(Feature::as_str));
        let mut on = Vec::new();
        for feature in Feature::ALL {
            let is_on = match said.get(feature.as_str()) {
                Some(Value::Bool(is_on)) => *is_on,
                Some(_) => {
                    self.problem(&format!("features.{}", feature.as_str()), format!("{} must be true or false", feature.as_str()));
                    false
                }
                None => feature.on_by_default(),
            };
            if is_on {
                on.push(feature);
            }
        }
        Features::new(&on)
    }

    /// The limits: the defaults, changed by what is said. Their bounds are the domain's to check.
    fn limits(&mut self, members: &Map<String, Value>, default: Limits) -> SettingsForm {
        let said = self.object(members, "limits").cloned().unwrap_or_default();
        self.known(&said, "limits.", &Limits::RULES.map(|rule| rule.field));
        let mut figure = |name: &str, default: u32| match said.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => {
                self.problem(&format!("limits.{name}"), format!("{name} must be a whole number"));
                default.to_string()
            }
            None => default.to_string(),
        };
        SettingsForm {
            cpu: figure("cpu", default.cpu),
            memory_gib: figure("memory_gib", default.memory_gib),
            storage_gib: figure("storage_gib", default.storage_gib),
            gpu: figure("gpu", default.gpu),
            ..SettingsForm::default()
        }
    }

    /// The short name is the label of the domain below the base domain; if it is said as well, it must be the same.
    fn short_name(&mut self, domain: &str, typed: &str, base_domain: &str) -> String {
        let lower = domain.trim().to_ascii_lowercase();
        let label = lower
            .strip_suffix(base_domain)
            .and_then(|rest| rest.strip_suffix('.'))
            .filter(|label| !label.is_empty() && !label.contains('.'));
        match label {
            None if self.problems.iter().any(|problem| problem.field == "domain") => typed.to_owned(),
            None => {
                self.problem("domain", format!("Enter a domain right below {base_domain}, like acme.{base_domain}"));
                typed.to_owned()
            }
            Some(label) if typed.is_empty() || typed == label => label.to_owned(),
            Some(label) => {
                self.problem("short_name", format!("The short name must be {label}, as in the domain, or be left out"));
                label.to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(body: &Value) -> Vec<String> {
        read(body, "inosec.com").err().unwrap_or_default().into_iter().filter_map(|problem| problem.pointer).collect()
    }

    #[test]
    fn the_guides_example_is_a_whole_tenant() {
        let body = json!({ "name": "Acme Corp", "domain": "acme.inosec.com", "contact_email": "admin@acme.com" });
        let wish = read(&body, "inosec.com").map(|draft| draft.check().unwrap()).unwrap();
        assert_eq!(wish.organisation.short_name.as_str(), "acme");
        assert_eq!(wish.settings.limits, Limits::default_for(false));
        assert_eq!(wish.settings.features, Features::default());
    }

    #[test]
    fn whoever_turns_ai_on_gets_a_gpu_unless_said_otherwise() {
        let with = |limits: Value| {
            let body = json!({ "name": "Acme", "domain": "acme.inosec.com", "contact_email": "a@acme.com", "features": { "ml_enabled": true, "crm_enabled": false }, "limits": limits });
            read(&body, "inosec.com").map(|draft| draft.check().unwrap().settings).unwrap()
        };
        assert_eq!(with(json!({})).limits.gpu, 1);
        assert_eq!(with(json!({ "gpu": 0, "cpu": 8 })).limits, Limits { cpu: 8, gpu: 0, ..Limits::default_for(true) });
        assert!(!with(json!({})).features.has(Feature::Crm));
    }

    #[test]
    fn every_mistake_is_named_at_its_place() {
        assert_eq!(fields(&json!([])), [""]);
        assert_eq!(fields(&json!({})), ["/name", "/domain", "/contact_email"]);
        assert_eq!(fields(&json!({ "name": "Acme", "domain": "acme.example.com", "contact_email": "a@acme.com" })), ["/domain"]);
        assert_eq!(fields(&json!({ "name": "Acme", "domain": "a.acme.inosec.com", "contact_email": "a@acme.com" })), ["/domain"]);
        assert_eq!(fields(&json!({ "name": "Acme", "domain": "ac_me.inosec.com", "contact_email": "a@acme.com" })), ["/domain"]);
        let body = json!({
            "name": 7, "domain": "acme.inosec.com", "contact_email": "nobody", "short_name": "other", "plan": "gold", "region": "moon",
            "limits": { "cpu": 0, "memory_gib": 1.5, "disk": 1 }, "features": { "ml_enabled": "yes", "x": true },
        });
        let mut wrong = fields(&body);
        wrong.sort();
        assert_eq!(
            wrong,
            [
                "/contact_email",
                "/features/ml_enabled",
                "/features/x",
                "/limits/cpu",
                "/limits/disk",
                "/limits/memory_gib",
                "/name",
                "/plan",
                "/region",
                "/short_name"
            ]
        );
    }
}
