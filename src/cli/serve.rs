//! `aliyun-rs serve`: the local credentials endpoint, in the foreground.

use std::future::Future;
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::credentials::{RegionArgs, WantedArgs, warnings};
use super::failure::Failure;
use super::messages::{Message, Warning};
use super::shell::Shell;
use super::variables::{Variables, endpoint, profile, rivals};
use crate::config::{ProfileName, is_same_place, locate};
use crate::credentials::{Error, RenewalResult, Wanted};
use crate::host::Interrupts;
use crate::serve::{Endpoint, EndpointSettings, Refused, token};

/// Serve valid credentials to your programs at a local URL
///
/// Prints the URL of a credentials endpoint on 127.0.0.1 and runs until it is interrupted.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    region: RegionArgs,
    /// Port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// File with the secret of the URL, so that it stays the same with --port; created if it does not exist
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// How the URL is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// The URL alone
    #[default]
    Url,
    /// Lines that make a POSIX shell use it, and nothing else
    Env,
    /// One JSON object
    Json,
}

pub(super) fn run(context: &Context<'_>, args: ServeArgs) -> Result<(), Failure> {
    let (wanted, _) = args.wanted.resolve(context, &context.read()?.config)?;
    let token = args.token_file.map(|path| match token(&path, &*context.host.entropy) {
        Ok(token) => Ok(token),
        Err(error) => Err(Failure::TokenFile { path, error }),
    });
    let settings = EndpointSettings { port: args.port, token: token.transpose()?, region: args.region.named() };
    context.interruptible(async |interrupts| {
        let mut served = Served::open(context, wanted, settings, interrupts).await?;
        let printed = served.print(args.format);
        if printed.is_ok() {
            served.until(interrupts.next()).await;
        }
        served.endpoint.close().await;
        printed
    })
}

/// An endpoint whose renewals are reported on standard error.
pub(super) struct Served<'a> {
    context: &'a Context<'a>,
    pub(super) endpoint: Endpoint,
    /// The profile.
    pub(super) profile: ProfileName,
    /// The default region of the profile.
    pub(super) region_id: Option<String>,
    /// What the last report was about; not repeated.
    said: Vec<Topic>,
}

impl<'a> Served<'a> {
    /// Obtains the credentials and opens an endpoint for them.
    pub(super) async fn open(
        context: &'a Context<'a>,
        wanted: Wanted,
        settings: EndpointSettings,
        interrupts: &mut Interrupts,
    ) -> Result<Self, Failure> {
        let provider = context.provider();
        let (credentials, notices) = provider.obtain(&wanted, interrupts).await?;
        let (profile, region_id) = (wanted.profile.clone(), credentials.region_id.clone());
        let ui = context.ui.clone();
        let describe = Arc::new(move |refused: &Refused<'_>| ui.text(&Message::Refused(refused)));
        let endpoint = Endpoint::open(context.host, provider, wanted, credentials, settings, describe)?;
        let mut served = Self { context, endpoint, profile, region_id, said: Vec::new() };
        served.show(Ok(notices));
        Ok(served)
    }

    /// The variables that make a program use the endpoint as this profile.
    pub(super) fn variables(&self) -> Variables {
        let host = self.context.host;
        let shared = locate(None, None, host.folders.home.as_deref());
        let is_shared = shared.is_some_and(|path| is_same_place(&path, self.context.logins.path()));
        let mut variables = endpoint(self.endpoint.url(), &host.env, is_shared);
        variables.push(profile(self.profile.as_str()));
        variables
    }

    /// Prints the URL.
    fn print(&self, format: Format) -> Result<(), Failure> {
        let (ui, url) = (self.context.ui, self.endpoint.url().expose());
        match format {
            Format::Url => ui.print(&format!("{url}\n")),
            Format::Json => ui.print_json(&serde_json::json!({ "url": url }), false),
            Format::Env => {
                let variables = self.variables();
                let script = Shell::Posix.script(&rivals(&variables, &self.context.host.env), &variables)?;
                ui.print(script.expose())
            }
        }
    }

    /// Waits for `end` and reports renewals until then.
    pub(super) async fn until<T>(&mut self, end: impl Future<Output = T>) -> T {
        let mut end = pin!(end);
        loop {
            let report = tokio::select! {
                value = &mut end => return value,
                report = self.endpoint.report() => report,
            };
            self.show(report);
        }
    }

    /// Shows what was not shown the last time.
    fn show(&mut self, report: RenewalResult) {
        let (topics, lines): (Vec<_>, Vec<_>) = self.news(report).into_iter().unzip();
        for (_, line) in topics.iter().zip(&lines).filter(|(topic, _)| !self.said.contains(topic)) {
            self.context.ui.raw_error(line);
        }
        self.said = topics;
    }

    fn news(&self, report: RenewalResult) -> Vec<(Topic, String)> {
        let ui = self.context.ui;
        match report {
            Ok(mut notices) => {
                let not_renewed = notices.not_renewed.take();
                let lines = warnings(ui, notices).into_iter();
                let mut news: Vec<_> = lines.map(|line| (Topic::Notice(line.clone()), line)).collect();
                news.extend(not_renewed.map(|error| {
                    let topic = Topic::NotRenewed(discriminant(&*error));
                    (topic, ui.warning(&Warning::NotRenewed(&Failure::Credentials(error))))
                }));
                news
            }
            Err(error) => {
                let topic = Topic::NotServed(discriminant(&*error));
                vec![(topic, ui.warning(&Warning::NotServed(&Failure::Credentials(error))))]
            }
        }
    }
}

/// What a line is about. The same error with another request id is not reported again.
#[derive(PartialEq)]
enum Topic {
    Notice(String),
    NotRenewed(Discriminant<Error>),
    NotServed(Discriminant<Error>),
}
