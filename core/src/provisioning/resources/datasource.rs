//! What the two datasources have in common: the mark lies in `jsonData`.

use super::{Observation, contains};
use crate::platform::{Failure, Grafana, Trouble};
use crate::provisioning::wanted::Wanted;
use serde_json::Value;
use steward_domain::system::System;

/// The field of `jsonData` that carries the tenant's id: the mark.
pub(super) const MARK: &str = "stewardTenantId";

fn text<'a>(model: &'a Value, field: &str) -> &'a str {
    model.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn is_marked(found: &Value, wanted: &Wanted) -> bool {
    found.pointer("/jsonData/stewardTenantId").and_then(Value::as_str) == Some(&wanted.mark())
}

/// Looks by uid, and by name: names are unique in Grafana too.
pub(super) async fn observe(grafana: &Grafana, model: &Value, wanted: &Wanted, detail: String) -> Result<Observation, Failure> {
    let by_uid = grafana.get(&format!("/api/datasources/uid/{}", text(model, "uid")), &[]).await?.found()?;
    let found = match by_uid {
        Some(found) => Some(found),
        None => grafana.get(&format!("/api/datasources/name/{}", text(model, "name")), &[]).await?.found()?,
    };
    Ok(match found {
        None => Observation::Absent,
        Some(found) if is_marked(&found, wanted) => Observation::Ours { as_wanted: contains(&found, model), detail },
        Some(_) => Observation::Foreign { what: format!("datasource {} without this tenant's mark", text(model, "name")) },
    })
}

/// Makes it, or brings it to what is wanted.
pub(super) async fn apply(grafana: &Grafana, model: &Value, seen: &Observation) -> Result<(), Failure> {
    if *seen == Observation::Absent {
        let reply = grafana.post("/api/datasources", model).await?;
        if reply.status == 409 {
            return Err(Failure::new(System::Grafana, Trouble::Busy, reply.log())
                .saying(format!("A datasource {} appeared meanwhile.", text(model, "name"))));
        }
        return reply.success().map(|_| ());
    }
    grafana.put(&format!("/api/datasources/uid/{}", text(model, "uid")), model).await?.success().map(|_| ())
}

/// Removes it if it carries the mark.
pub(super) async fn remove(grafana: &Grafana, model: &Value, wanted: &Wanted) -> Result<(), Failure> {
    let path = format!("/api/datasources/uid/{}", text(model, "uid"));
    match grafana.get(&path, &[]).await?.found()? {
        None => Ok(()),
        Some(found) if is_marked(&found, wanted) => grafana.delete(&path).await?.gone(),
        Some(_) => Err(Failure::foreign(System::Grafana, &format!("datasource {} without this tenant's mark", text(model, "name")))),
    }
}
