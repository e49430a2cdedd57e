//! Settings as arguments, as a file, or both; what is typed wins.

use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::{Path, PathBuf};
use steward_domain::resource::ResourceKind;

/// The settings that can be changed.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// A file with settings as the API takes them, YAML or JSON; `-` for what comes in.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// Name of the organisation.
    #[arg(long)]
    name: Option<String>,
    /// The contact: the first administrator.
    #[arg(long)]
    contact_email: Option<String>,
    /// CPU cores.
    #[arg(long)]
    cpu: Option<u32>,
    /// Memory in GiB.
    #[arg(long)]
    memory_gib: Option<u32>,
    /// Storage in GiB.
    #[arg(long)]
    storage_gib: Option<u32>,
    /// GPUs.
    #[arg(long)]
    gpu: Option<u32>,
    /// Agree that limits become less than what is used.
    #[arg(long)]
    below_use: bool,
    /// A feature to turn on, like `ml_enabled`; may be repeated.
    #[arg(long, value_name = "FEATURE")]
    enable: Vec<String>,
    /// A feature to turn off; may be repeated.
    #[arg(long, value_name = "FEATURE")]
    disable: Vec<String>,
}

/// The resources that a tenant that there is does without.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct Resources {
    /// A kind of resource to do without: it is removed; may be repeated.
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    without: Vec<String>,
    /// A kind of resource to have again; may be repeated.
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    with: Vec<String>,
}

/// The kinds by their names: what is typed wrongly is seen at once, and a shell completes them.
fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(ResourceKind::ALL.map(ResourceKind::as_str))
}

impl Resources {
    /// Adds what is said to the body of a call, which names all kinds that the tenant is to do without: those of the file, else those
    /// that it does without now.
    pub(super) fn add_to(&self, body: &mut Map<String, Value>, tenant: &Value) -> Result<(), Stopped> {
        if self.is_empty() {
            return Ok(());
        }
        if let Some(both) = self.without.iter().find(|kind| self.with.contains(kind)) {
            return Err(Stopped::Ended(Exit::Usage, format!("Say of {both} either --without or --with")));
        }
        let all = body.get("without").or_else(|| tenant.get("without")).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut all: Vec<Value> = all.into_iter().filter(|kind| !self.with.iter().any(|with| kind == with)).collect();
        for kind in &self.without {
            if !all.iter().any(|known| known == kind) {
                all.push(kind.clone().into());
            }
        }
        body.insert("without".to_owned(), all.into());
        Ok(())
    }

    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.without.is_empty() && self.with.is_empty()
    }
}

/// What only a new tenant is told.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "New tenant")]
pub(crate) struct NewTenant {
    /// Its domain: the short name right below the base domain.
    #[arg(long)]
    domain: Option<String>,
    /// Short name of its reseller.
    #[arg(long)]
    reseller: Option<String>,
    /// Where its data may live.
    #[arg(long)]
    region: Option<String>,
}

impl Settings {
    /// The body of a call. The rules of what is in it are the server's.
    pub(super) fn body(&self) -> Result<Map<String, Value>, Stopped> {
        let mut body = match &self.file {
            Some(path) => read(path)?,
            None => Map::new(),
        };
        set(&mut body, "name", self.name.clone());
        set(&mut body, "contact_email", self.contact_email.clone());
        let limits = [("cpu", self.cpu), ("memory_gib", self.memory_gib), ("storage_gib", self.storage_gib), ("gpu", self.gpu)];
        for (name, figure) in limits {
            if let Some(figure) = figure {
                inside(&mut body, "limits", name, figure.into());
            }
        }
        if self.below_use {
            body.insert("below_use".to_owned(), true.into());
        }
        for (features, is_on) in [(&self.enable, true), (&self.disable, false)] {
            for feature in features {
                inside(&mut body, "features", feature, is_on.into());
            }
        }
        Ok(body)
    }
}

impl NewTenant {
    /// Adds what is said to the body of a call.
    pub(super) fn add_to(&self, body: &mut Map<String, Value>) {
        set(body, "domain", self.domain.clone());
        set(body, "reseller", self.reseller.clone());
        set(body, "region", self.region.clone());
    }
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

fn inside(body: &mut Map<String, Value>, object: &str, name: &str, value: Value) {
    let members = body.entry(object).or_insert_with(|| Value::Object(Map::new()));
    if let Some(members) = members.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// A file, or what comes in.
pub(super) fn content(path: &Path) -> Result<String, Stopped> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| Stopped::Ended(Exit::Usage, format!("{} cannot be read: {error}", path.display())))
}

fn read(path: &Path) -> Result<Map<String, Value>, Stopped> {
    // Every JSON is YAML.
    let read: Result<Value, _> = serde_saphyr::from_str(&content(path)?);
    match read {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Stopped::Ended(Exit::Usage, format!("{} must hold settings like `name: Acme Corp`", path.display()))),
        Err(error) => Err(Stopped::Ended(Exit::Usage, format!("{} is neither YAML nor JSON: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_typed_wins_over_the_file() {
        let path = std::env::temp_dir().join(format!("steward-settings-{}.yaml", std::process::id()));
        std::fs::write(&path, "name: Acme Corp\nlimits:\n  cpu: 4\n  gpu: 0\nfeatures: { crm_enabled: true }\n").unwrap();
        let settings = Settings {
            file: Some(path.clone()),
            cpu: Some(8),
            enable: vec!["ml_enabled".into()],
            disable: vec!["crm_enabled".into()],
            ..Settings::default()
        };
        let body = settings.body().ok().unwrap();
        std::fs::remove_file(&path).unwrap();
        let wanted = json!({
            "name": "Acme Corp", "limits": { "cpu": 8, "gpu": 0 }, "features": { "crm_enabled": false, "ml_enabled": true },
        });
        assert_eq!(Value::Object(body), wanted);
        assert!(Settings { file: Some(path), ..Settings::default() }.body().is_err());
    }

    #[test]
    fn kinds_to_do_without_are_added_to_those_of_the_file_or_of_the_tenant() {
        let tenant = json!({ "without": ["dashboard", "policy"] });
        let resources = |without: &[&str], with: &[&str]| Resources {
            without: without.iter().map(|kind| (*kind).to_owned()).collect(),
            with: with.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let body = |resources: Resources, file: Value| {
            let mut body = file.as_object().cloned().unwrap();
            resources.add_to(&mut body, &tenant).map(|()| Value::Object(body)).ok()
        };
        assert_eq!(body(resources(&[], &[]), json!({})), Some(json!({})), "nothing is said of resources");
        assert_eq!(
            body(resources(&["limit-range", "policy"], &["dashboard"]), json!({})),
            Some(json!({ "without": ["policy", "limit-range"] }))
        );
        assert_eq!(body(resources(&["policy"], &[]), json!({ "without": [] })), Some(json!({ "without": ["policy"] })));
        assert_eq!(body(resources(&["policy"], &["policy"]), json!({})), None);
    }
}
