//! Reads variables by the table, and collects what is wrong with them.

use super::variables::{NAME, cell_variable, of_cell};
use super::{Default, Problem, VARIABLES, Variable};
use sqlx::postgres::PgConnectOptions;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use steward_core::platform::{CallLimits, Secret};
use steward_core::provisioning::{Capacity, Cell, MailSecurity};
use steward_domain::email::EmailAddress;
use steward_domain::region::Region;
use steward_domain::system::System;
use url::Url;

/// Reads variables one by one; a missing or wrong one becomes a problem and gives nothing.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    pub(super) fn problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    pub(super) fn problem(&mut self, variable: &str, message: impl Into<String>) {
        self.problems.push(Problem { variable: variable.to_owned(), message: message.into() });
    }

    /// The value, if it is set and not empty.
    fn set(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn variable(name: &str) -> Option<&'static Variable> {
        VARIABLES.iter().find(|variable| variable.name == name).or_else(|| cell_variable(name).map(|(variable, _)| variable))
    }

    /// A text as the table says: set, or its default, or a problem.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        if let Some(value) = self.set(name) {
            return Some(value.trim().to_owned());
        }
        match Self::variable(name).map(|variable| variable.default) {
            Some(Default::Value(value)) => Some(value.to_owned()),
            Some(Default::Same(other)) => match cell_variable(name) {
                Some((_, cell)) => self.set(&other.replace(NAME, cell)),
                None => self.set(other),
            },
            Some(Default::Nothing) => None,
            Some(Default::Required | Default::RequiredIf(..)) | None => {
                self.problem(name, "is not set");
                None
            }
        }
    }

    /// The bytes of a secret: the value, or what the file holds that `<NAME>_FILE` names.
    fn secret_bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        if let Some(value) = self.set(name) {
            return Some(value.trim().as_bytes().to_vec());
        }
        let file_variable = format!("{name}_FILE");
        if let Some(path) = self.set(&file_variable) {
            return match std::fs::read(path.trim()) {
                Ok(bytes) => Some(bytes),
                Err(error) => {
                    self.problem(&file_variable, format!("the file {path} cannot be read: {error}"));
                    None
                }
            };
        }
        let must_be_set = |variable: &Variable| matches!(variable.default, Default::Required | Default::RequiredIf(..));
        if Self::variable(name).is_none_or(must_be_set) {
            self.problem(name, format!("is not set, nor is {file_variable}"));
        }
        None
    }

    /// A secret that is a text.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        self.secret_text(name).map(Secret::new)
    }

    fn secret_text(&mut self, name: &str) -> Option<String> {
        let bytes = self.secret_bytes(name)?;
        match String::from_utf8(bytes).map(|text| text.trim().to_owned()) {
            Ok(text) if !text.is_empty() => Some(text),
            _ => {
                self.problem(name, "is empty or not a text");
                None
            }
        }
    }

    /// A key of 32 bytes: raw, or as 64 hexadecimal digits.
    pub(super) fn key(&mut self, name: &str) -> Option<Vec<u8>> {
        let bytes = self.secret_bytes(name)?;
        if bytes.len() == 32 {
            return Some(bytes);
        }
        let from_digits = std::str::from_utf8(&bytes).ok().and_then(|text| hex::decode(text.trim()).ok()).filter(|key| key.len() == 32);
        if from_digits.is_none() {
            self.problem(name, format!("must have 32 bytes: raw in the file that {name}_FILE names, or 64 hexadecimal digits"));
        }
        from_digits
    }

    /// Anything that is read from its text.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, like: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(name, format!("is not {like}"));
        }
        parsed
    }

    /// An http(s) address.
    pub(super) fn url(&mut self, name: &str) -> Option<Url> {
        let text = self.text(name)?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        if url.is_none() {
            self.problem(name, "is not an address like https://steward.example.com");
        }
        url
    }

    /// An http(s) address as a text without a slash at its end.
    pub(super) fn address(&mut self, name: &str) -> Option<String> {
        self.url(name).map(|url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// A host with a port.
    pub(super) fn host_and_port(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let is_one = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0));
        if !is_one {
            self.problem(name, "is not a host and port like ingress.example.com:443");
            return None;
        }
        Some(text)
    }

    /// An address that mails go to or come from.
    pub(super) fn mail_address(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let address = EmailAddress::parse(&text).ok();
        if address.is_none() {
            self.problem(name, "is not an address like steward@example.com");
        }
        address.map(|address| address.to_string())
    }

    /// How the connection to the mail server is encrypted.
    pub(super) fn mail_security(&mut self, name: &str) -> Option<MailSecurity> {
        let text = self.text(name)?;
        let security = MailSecurity::parse(&text);
        if security.is_none() {
            self.problem(name, format!("is none of {}", MailSecurity::ALL.map(MailSecurity::as_str).join(", ")));
        }
        security
    }

    /// A Service with its port.
    pub(super) fn service(&mut self, name: &str) -> Option<(String, u16)> {
        let text = self.text(name)?;
        let (service, port) = text.split_once(':').unwrap_or((text.as_str(), "80"));
        let port = port.parse().ok().filter(|port| *port != 0).filter(|_| !service.is_empty());
        if port.is_none() {
            self.problem(name, "is not a Service with its port like web:80");
        }
        Some((service.to_owned(), port?))
    }

    /// Where people open a system; nothing for `none`.
    pub(super) fn link(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if text == "none" {
            return None;
        }
        if Url::parse(&text).is_err() {
            self.problem(name, "is neither an address like https://grafana.example.com nor `none`");
            return None;
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    /// What a cell is told about placing realms; `variable` names the variable of a suffix.
    pub(super) fn cell(&mut self, name: &str, variable: &dyn Fn(&str) -> String, link: Option<String>) -> Option<Cell> {
        let capacity = self.parsed(&variable("CAPACITY"), "a whole number of realms like 300");
        let regions = self.regions(&variable("REGIONS"));
        let placement = variable("PLACEMENT");
        let open = match self.text(&placement)?.as_str() {
            "open" => Some(true),
            "closed" => Some(false),
            _ => {
                self.problem(&placement, "is neither `open` nor `closed`");
                None
            }
        };
        Some(Cell { name: name.to_owned(), capacity: capacity?, regions: regions?, open: open?, link })
    }

    /// Regions separated by commas; every one if nothing is set.
    fn regions(&mut self, name: &str) -> Option<Vec<Region>> {
        let Some(text) = self.text(name) else { return Some(Region::ALL.to_vec()) };
        let regions: Option<Vec<Region>> = text.split(',').map(|part| Region::parse(part.trim())).collect();
        if regions.is_none() {
            let all = Region::ALL.map(Region::as_str).join(",");
            self.problem(name, format!("is not a list of regions like {all}"));
        }
        regions
    }

    /// A name of a cell that may stand in the database and in variables.
    pub(super) fn cell_name(&mut self, variable: &str, name: &str) -> bool {
        let mut letters = name.chars();
        let fits = name.len() <= 30
            && letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        if !fits {
            self.problem(
                variable,
                format!("{name} is no name of a cell: at most 30 lower-case letters, digits and hyphens, a letter first"),
            );
        }
        fits
    }

    /// The names of the further cells, each once and none that of the first.
    pub(super) fn cell_names(&mut self, name: &str, first: &str) -> Vec<String> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let mut names: Vec<String> = Vec::new();
        for cell in text.split(',').map(str::trim).filter(|cell| !cell.is_empty()) {
            if cell == first {
                self.problem(name, format!("{cell} is the name of the first cell"));
            } else if names.iter().any(|known| of_cell(known, "") == of_cell(cell, "")) {
                self.problem(name, format!("{cell} is named twice"));
            } else if self.cell_name(name, cell) {
                names.push(cell.to_owned());
            }
        }
        names
    }

    /// Addresses separated by commas.
    pub(super) fn addresses(&mut self, name: &str) -> Vec<IpAddr> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let read: Result<Vec<IpAddr>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        read.unwrap_or_else(|_| {
            self.problem(name, "is not a list of addresses like 10.0.0.1,10.0.0.2");
            Vec::new()
        })
    }

    /// A database that must be named.
    pub(super) fn database(&mut self, name: &str) -> Option<PgConnectOptions> {
        let before = self.problems.len();
        let Some(text) = self.secret_text(name) else {
            if self.problems.len() == before {
                self.problem(name, format!("is not set, nor is {name}_FILE"));
            }
            return None;
        };
        let options = PgConnectOptions::from_str(&text).ok();
        if options.is_none() {
            self.problem(name, "is not an address like postgres://steward:password@localhost/steward");
        }
        options
    }

    /// How many calls each system may have at the same time. What is not named keeps its default.
    pub(super) fn calls(&mut self, name: &str) -> Option<CallLimits> {
        let text = self.text(name)?;
        let mut limits = CallLimits::default();
        for part in text.split(',') {
            let said = part.split_once('=').map(|(system, calls)| (System::parse(system.trim()), calls.trim().parse::<NonZeroU32>()));
            match said {
                Some((Some(system), Ok(calls))) => limits.of_mut(system).calls = calls.get(),
                _ => {
                    self.problem(name, "is not like keycloak=8,openbao=32,kubernetes=32,grafana=16,dns=8,ingress=32");
                    return None;
                }
            }
        }
        Some(limits)
    }

    /// The platform's capacity.
    pub(super) fn capacity(&mut self, name: &str) -> Option<Capacity> {
        let text = self.text(name)?;
        let figure = |wanted: &str| -> Option<u64> {
            text.split(',').filter_map(|part| part.split_once('=')).find(|(key, _)| key.trim() == wanted)?.1.trim().parse().ok()
        };
        let capacity = match (figure("cpu"), figure("memory_gib"), figure("storage_gib"), figure("gpu")) {
            (Some(cpu), Some(memory_gib), Some(storage_gib), Some(gpu)) => Some(Capacity { cpu, memory_gib, storage_gib, gpu }),
            _ => None,
        };
        if capacity.is_none() {
            self.problem(name, "is not like cpu=512,memory_gib=2048,storage_gib=50000,gpu=16");
        }
        capacity
    }
}
