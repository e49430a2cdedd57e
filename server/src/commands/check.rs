//! `steward check`: examines the configuration and everything that Steward needs, and says of each what to fix. It changes nothing.

use super::exit::Exit;
use crate::command_line::Stopped;
use crate::configuration::Configuration;
use crate::sign_in::Provider;
use std::sync::Arc;
use std::time::Duration;
use steward_core::access::{Actor, Observe, demand};
use steward_core::context::Context;
use steward_core::database::{self, Database};
use steward_core::error::Result;
use steward_core::platform::{Finding, Platform};
use steward_core::provisioning::{CellGauge, Provisioning};
use steward_domain::plan::Verdict;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// How long the mail server may take to greet.
const MAIL_TIMEOUT: Duration = Duration::from_secs(3);

/// Examines everything, side by side. By now every variable was read: what is wrong with them has been said.
pub(crate) async fn run(configuration: &Configuration) -> std::result::Result<(), Stopped> {
    let now = Context::default().now();
    println!("ok    configuration: complete; Steward listens on {} and is reached at {}", configuration.listen, configuration.url);
    let (site, sign_in, mail) = (site(configuration), sign_in(configuration), mail(configuration));
    let systems = async {
        match Platform::new(configuration.platform.clone()).await {
            Ok(platform) => {
                let platform = Arc::new(platform);
                let examined = platform.examine(now, &configuration.provisioning.base_domain);
                let (examined, cells) = tokio::join!(examined, cells(configuration, Arc::clone(&platform)));
                // What is wrong with the database has been said.
                examined.into_iter().chain(cells.unwrap_or_default().iter().map(CellGauge::finding)).collect()
            }
            Err(failure) => vec![Finding::fail(failure.cause.system.label(), "settings", failure.log, failure.cause.helps)],
        }
    };
    let (database, sign_in, mail, systems) = tokio::join!(database::examine(configuration.database.clone(), now), sign_in, mail, systems);
    let findings: Vec<Finding> = [site].into_iter().chain(database).chain([sign_in, mail]).chain(systems).collect();
    for finding in &findings {
        println!("{}", line(finding));
    }
    let wrong: Vec<&Finding> = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let exit = if wrong.iter().all(|finding| finding.away) { Exit::Away } else { Exit::Failed };
    Err(Stopped::Ended(exit, format!("{} of {} are not as they should be.", wrong.len(), findings.len())))
}

/// How full each cell of Keycloak is, by Steward's own tables.
async fn cells(configuration: &Configuration, platform: Arc<Platform>) -> Result<Vec<CellGauge>> {
    let database = Database::connect(configuration.database.clone(), 1, Context::default()).await?;
    let actor = Actor::worker("command line", database.context().id()?.simple().to_string());
    let authority = demand::<Observe>(&database, &actor).await?;
    Provisioning::new(database, platform, Arc::new(configuration.provisioning.clone())).cells(&authority).await
}

fn line(finding: &Finding) -> String {
    let word = match finding.verdict {
        Verdict::Pass => "ok  ",
        Verdict::Look => "look",
        Verdict::Fail => "FAIL",
    };
    let helps = finding.helps.as_ref().map(|helps| format!("\n      → {helps}"));
    format!("{word}  {}, {}: {}{}", finding.of, finding.what, finding.found, helps.unwrap_or_default())
}

fn site(configuration: &Configuration) -> Finding {
    let path = configuration.site_root.join("manifest.json");
    match std::fs::metadata(&path) {
        Ok(_) => Finding::pass("browser's part", "files", format!("built, in {}", configuration.site_root.display())),
        Err(error) => Finding::fail(
            "browser's part",
            "files",
            format!("{}: {error}", path.display()),
            "Build it with `cargo xtask wasm`, or correct STEWARD_SITE_ROOT.",
        ),
    }
}

async fn sign_in(configuration: &Configuration) -> Finding {
    let of = "Keycloak, realm for sign-in";
    let helps = "Start Keycloak, or correct STEWARD_OIDC_ISSUER.";
    let provider = match Provider::new(&configuration.sign_in, &configuration.url, Context::default()) {
        Ok(provider) => provider,
        Err(error) => return Finding::fail(of, "settings", format!("{error:#}"), "Correct the STEWARD_OIDC_ settings."),
    };
    match provider.known().await {
        Ok(known) => Finding::pass(of, "reached", format!("it names itself as configured and has {} keys", known.keys.keys.len())),
        Err(away) => Finding { away: true, ..Finding::fail(of, "reached", away.0, helps) },
    }
}

async fn mail(configuration: &Configuration) -> Finding {
    let mail = &configuration.provisioning.mail;
    let of = format!("mail server {}:{}", mail.host, mail.port);
    let greeted = tokio::time::timeout(MAIL_TIMEOUT, async {
        let mut greeting = [0_u8; 3];
        TcpStream::connect((mail.host.as_str(), mail.port)).await?.read_exact(&mut greeting).await?;
        Ok::<_, std::io::Error>(greeting)
    })
    .await;
    let helps = "Start it, or correct STEWARD_SMTP_HOST and STEWARD_SMTP_PORT.";
    match greeted {
        Ok(Ok(greeting)) if greeting == *b"220" => Finding::pass(of, "reached", "it greets"),
        Ok(Ok(_)) => Finding::fail(of, "reached", "what answers there is no mail server, or takes no mail now", helps),
        Ok(Err(error)) => Finding { away: true, ..Finding::fail(of, "reached", error.to_string(), helps) },
        Err(_) => Finding { away: true, ..Finding::fail(of, "reached", "it does not greet in time", helps) },
    }
}
