//! The log: one JSON object per line on standard output, with timestamp, level, service, request_id and, where known, tenant_id.
//!
//! Nothing secret gets here: credentials are types that print nothing, and no header, cookie, query or body is ever logged.

use serde_json::{Map, Value};
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use steward_core::context::Context;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{self, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Fields of spans that stand on the top level of each line inside them.
const CARRIED: [&str; 3] = ["request_id", "tenant_id", "worker"];

/// Sets up the log of this process. Harmless when called again.
pub fn install(directives: &str, context: Context) {
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = Lines { context, write: Arc::new(|line| drop(std::io::stdout().lock().write_all(line))) };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "panic: {message}");
    }));
}

/// Where lines go.
type Write = Arc<dyn Fn(&[u8]) + Send + Sync>;

struct Lines {
    context: Context,
    write: Write,
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: layer::Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: layer::Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: layer::Context<'_, S>) {
        let mut line = Map::new();
        line.insert("timestamp".into(), steward_domain::moment::machine(self.context.now()).into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("service".into(), "steward".into());
        for span in context.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            let Some(fields) = extensions.get::<Fields>() else { continue };
            for name in CARRIED {
                if let Some(value) = fields.0.get(name)
                    && !line.contains_key(name)
                {
                    line.insert(name.to_owned(), value.clone());
                }
            }
        }
        line.insert("target".into(), event.metadata().target().into());
        let mut fields = Fields::default();
        event.record(&mut fields);
        line.extend(fields.0);
        let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
        bytes.push(b'\n');
        (self.write)(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_line_says_when_how_bad_which_service_which_request_and_which_tenant() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let lines = Lines { context: Context::default(), write: Arc::new(move |line| sink.lock().unwrap().extend_from_slice(line)) };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let span = tracing::info_span!("request", request_id = "r1", tenant_id = tracing::field::Empty);
            span.in_scope(|| {
                span.record("tenant_id", "t1");
                tracing::warn!(status = 409, "no");
            });
        });
        let line: Value = serde_json::from_slice(&written.lock().unwrap()).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!((&line["service"], &line["request_id"], &line["tenant_id"]), (&"steward".into(), &"r1".into(), &"t1".into()));
        assert_eq!((&line["status"], &line["message"]), (&409.into(), &"no".into()));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
