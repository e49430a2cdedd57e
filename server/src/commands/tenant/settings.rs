//! Settings as arguments, as a file, or both; what is typed wins.

use crate::command_line::Stopped;
use crate::commands::exit::Exit;
use clap::Args;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::{Path, PathBuf};

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
}
