//! What public DNS says of a name, asked of a resolver. Nothing is kept: who looks sees what is answered now.

use super::failure::{Failure, Trouble};
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::proto::xfer::Protocol;
use hickory_resolver::{Name, ResolveError, TokioResolver};
use std::net::SocketAddr;
use std::time::Duration;
use steward_domain::system::System;

/// How long one question may take, and how often it is asked.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverSettings {
    /// Address and port; none for what the machine itself asks.
    pub server: Option<SocketAddr>,
}

/// What was answered to a question for one type of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These records, in words, in a fixed order.
    Records(Vec<String>),
    /// The name is there, without a record of that type.
    NoRecord,
    /// There is no such name.
    NoName,
}

impl Answer {
    /// The records; none if there are none.
    #[must_use]
    pub fn records(self) -> Vec<String> {
        match self {
            Answer::Records(records) => records,
            Answer::NoRecord | Answer::NoName => Vec::new(),
        }
    }
}

/// The client.
pub struct Resolver {
    resolver: TokioResolver,
    asked: String,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Resolver {
    /// A client; nothing is asked yet. Where the machine does not say whom it asks, no question is answered.
    #[must_use]
    pub fn new(settings: &ResolverSettings) -> Self {
        let provider = TokioConnectionProvider::default();
        let (builder, asked) = match settings.server {
            Some(server) => {
                let mut config = ResolverConfig::new();
                config.add_name_server(NameServerConfig::new(server, Protocol::Udp));
                config.add_name_server(NameServerConfig::new(server, Protocol::Tcp));
                (TokioResolver::builder_with_config(config, provider), server.to_string())
            }
            None => {
                let nobody = |_| TokioResolver::builder_with_config(ResolverConfig::new(), TokioConnectionProvider::default());
                (TokioResolver::builder_tokio().unwrap_or_else(nobody), "the machine's resolver".to_owned())
            }
        };
        Self { resolver: builder.with_options(options()).build(), asked }
    }

    /// Who is asked, for people.
    #[must_use]
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// The texts of a name.
    ///
    /// # Errors
    /// When no answer came, or one that says that it failed.
    pub async fn texts(&self, name: &str) -> Result<Answer, Failure> {
        self.ask(name, RecordType::TXT).await
    }

    /// What a name leads to: "CNAME to ingress.inosec.com", or its addresses.
    ///
    /// # Errors
    /// When no answer came, or one that says that it failed.
    pub async fn leads_to(&self, name: &str) -> Result<Vec<String>, Failure> {
        let alias = self.ask(name, RecordType::CNAME).await?.records();
        if !alias.is_empty() {
            return Ok(alias);
        }
        let (four, six) = tokio::join!(self.ask(name, RecordType::A), self.ask(name, RecordType::AAAA));
        Ok(four?.records().into_iter().chain(six?.records()).collect())
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<Answer, Failure> {
        let mut fully = Name::from_ascii(name).map_err(|error| {
            Failure::new(System::Dns, Trouble::Refused, format!("{name}: {error}")).saying(format!("{name} is no name."))
        })?;
        fully.set_fqdn(true);
        match self.resolver.lookup(fully, kind).await {
            Ok(found) => {
                let mut records: Vec<String> = found.record_iter().filter_map(|record| in_words(record.data(), kind)).collect();
                records.sort();
                records.dedup();
                Ok(if records.is_empty() { Answer::NoRecord } else { Answer::Records(records) })
            }
            Err(error) if error.is_nx_domain() => Ok(Answer::NoName),
            Err(error) if error.is_no_records_found() => self.nothing(name, kind, &error),
            Err(error) => Err(self.unanswered(name, kind, &error)),
        }
    }

    /// No record, unless the answer says that whoever answered could not look.
    fn nothing(&self, name: &str, kind: RecordType, error: &ResolveError) -> Result<Answer, Failure> {
        use hickory_resolver::proto::ProtoErrorKind::NoRecordsFound;
        use hickory_resolver::proto::op::ResponseCode::NoError;
        match error.proto().map(|error| error.kind()) {
            Some(NoRecordsFound { response_code, .. }) if *response_code != NoError => Err(self.unanswered(name, kind, error)),
            _ => Ok(Answer::NoRecord),
        }
    }

    fn unanswered(&self, name: &str, kind: RecordType, error: &ResolveError) -> Failure {
        Failure::new(System::Dns, Trouble::TimedOut, format!("{kind} {name} at {}: {error}", self.asked))
            .saying(format!("No answer came from {} to the question for {name}.", self.asked))
    }
}

/// Nothing is kept, and the machine's own list of hosts is not what the world sees.
fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.cache_size = 0;
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    options
}

/// A record of the type that was asked for, in words; a text as it is.
fn in_words(data: &RData, kind: RecordType) -> Option<String> {
    let plain = |name: &Name| name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    match data {
        RData::TXT(text) if kind == RecordType::TXT => Some(text.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect()),
        RData::CNAME(name) if kind == RecordType::CNAME => Some(format!("CNAME to {}", plain(&name.0))),
        RData::A(address) if kind == RecordType::A => Some(format!("A to {}", address.0)),
        RData::AAAA(address) if kind == RecordType::AAAA => Some(format!("AAAA to {}", address.0)),
        _ => None,
    }
}
