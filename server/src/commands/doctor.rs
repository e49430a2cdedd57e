//! `steward doctor`: asks everything that Steward needs whether it answers, and prints a line for each.

use crate::command_line::Stopped;
use crate::configuration::Configuration;
use crate::sign_in::Provider;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::platform::Platform;
use steward_core::provisioning::Provisioning;
use tokio::net::TcpStream;

/// How long the mail server may take to take a connection.
const MAIL_TIMEOUT: Duration = Duration::from_secs(3);

/// What was found: who, and how long it took or what is wrong.
type Finding = (String, Result<Duration, String>);

/// Asks everything. Fails if anything does not answer.
pub(crate) async fn run(configuration: &Configuration) -> Result<(), Stopped> {
    let mut findings = vec![sign_in(configuration).await, mail(configuration).await];
    let context = Context::default();
    let began = Instant::now();
    match Database::connect(configuration.database.clone(), 1, context).await {
        Ok(database) => {
            findings.push(("PostgreSQL".to_owned(), Ok(began.elapsed())));
            findings.extend(systems(configuration, database).await);
        }
        Err(error) => findings.push(("PostgreSQL".to_owned(), Err(error.log().unwrap_or_default().to_owned()))),
    }
    let mut sick = 0;
    for (who, found) in findings {
        match found {
            Ok(took) => println!("ok    {who}, {} ms", took.as_millis()),
            Err(why) => {
                sick += 1;
                println!("FAIL  {who}: {why}");
            }
        }
    }
    if sick == 0 { Ok(()) } else { Err(anyhow::anyhow!("{sick} of the systems do not answer as they should").into()) }
}

async fn sign_in(configuration: &Configuration) -> Finding {
    let began = Instant::now();
    let asked = async {
        let provider =
            Provider::new(&configuration.sign_in, &configuration.url, Context::default()).map_err(|error| format!("{error:#}"))?;
        provider.known().await.map(|_| began.elapsed()).map_err(|away| away.0)
    };
    ("Keycloak, realm for sign-in".to_owned(), asked.await)
}

async fn mail(configuration: &Configuration) -> Finding {
    let mail = &configuration.provisioning.mail;
    let began = Instant::now();
    let connected = tokio::time::timeout(MAIL_TIMEOUT, TcpStream::connect((mail.host.as_str(), mail.port))).await;
    let found = match connected {
        Ok(Ok(_)) => Ok(began.elapsed()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("takes no connection".to_owned()),
    };
    (format!("mail server {}:{}", mail.host, mail.port), found)
}

async fn systems(configuration: &Configuration, database: Database) -> Vec<Finding> {
    let platform = match Platform::new(configuration.platform.clone()).await {
        Ok(platform) => platform,
        Err(failure) => return vec![("settings of the systems".to_owned(), Err(failure.log))],
    };
    let provisioning = Provisioning::new(database, Arc::new(platform), Arc::new(configuration.provisioning.clone()));
    let health = provisioning.systems().await;
    health
        .into_iter()
        .map(|health| (health.system.label().to_owned(), health.answer.map_err(|cause| format!("{} {}", cause.what, cause.helps))))
        .collect()
}
