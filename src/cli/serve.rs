//! `aliyun-rs serve`: the local credentials endpoint, in the foreground.

use std::future::Future;
use std::mem::{Discriminant, discriminant};
use std::pin::pin;

use clap::Args;

use super::context::{Context, block_on};
use super::credentials::{WantedArgs, lines};
use super::failure::Failure;
use super::messages::Warning;
use crate::credentials::{Error, obtain};
use crate::host::Interrupts;
use crate::serve::{Endpoint, Report};

/// Whose credentials to serve, and where. Prints the URL and serves until it is ended.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// The port on 127.0.0.1 [default: any]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
}

pub(super) fn run(context: &Context<'_>, args: ServeArgs) -> Result<(), Failure> {
    block_on(async {
        let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
        let mut served = Served::open(context, args.wanted, args.port, &mut interrupts).await?;
        let printed = context.host.streams.out(&format!("{}\n", served.endpoint.url().expose()));
        if printed.is_ok() {
            served.until(interrupts.next()).await;
        }
        served.endpoint.close().await;
        Ok(printed?)
    })
}

/// An endpoint whose renewals are told of on standard error.
pub(super) struct Served<'a> {
    context: &'a Context<'a>,
    pub(super) endpoint: Endpoint,
    /// The default region of the profile.
    pub(super) region_id: Option<String>,
    /// What was spoken of last and need not be said again.
    told: Vec<Topic>,
}

impl<'a> Served<'a> {
    /// Obtains the credentials and opens an endpoint for them.
    pub(super) async fn open(
        context: &'a Context<'a>,
        wanted: WantedArgs,
        port: u16,
        interrupts: &mut Interrupts,
    ) -> Result<Self, Failure> {
        let wanted = wanted.resolve(context, &context.read()?.config)?;
        let (credentials, notices) = obtain(context.host, &wanted, interrupts).await?;
        let region_id = credentials.region_id.clone();
        let endpoint = Endpoint::open(context.host, wanted, credentials, port)?;
        let mut served = Self { context, endpoint, region_id, told: Vec::new() };
        served.tell(Ok(notices));
        Ok(served)
    }

    /// Waits for `end` and tells of the renewals meanwhile.
    pub(super) async fn until<T>(&mut self, end: impl Future<Output = T>) -> T {
        let mut end = pin!(end);
        loop {
            let report = tokio::select! {
                value = &mut end => return value,
                report = self.endpoint.report() => report,
            };
            self.tell(report);
        }
    }

    /// Says what was not said the last time.
    fn tell(&mut self, report: Report) {
        let (topics, lines): (Vec<_>, Vec<_>) = news(report).into_iter().unzip();
        for (_, line) in topics.iter().zip(&lines).filter(|(topic, _)| !self.told.contains(topic)) {
            self.context.host.streams.err(line);
        }
        self.told = topics;
    }
}

/// What a line is about. The same trouble again is no news, though a server gives it another request id.
#[derive(PartialEq)]
enum Topic {
    Notice(String),
    NotRenewed(Discriminant<Error>),
    NotServed(Discriminant<Error>),
}

fn news(report: Report) -> Vec<(Topic, String)> {
    match report {
        Ok(mut notices) => {
            let not_renewed = notices.not_renewed.take();
            let mut news: Vec<_> = lines(notices).into_iter().map(|line| (Topic::Notice(line.clone()), line)).collect();
            news.extend(not_renewed.map(|error| {
                let topic = Topic::NotRenewed(discriminant(&error));
                (topic, Warning::NotRenewed(&Failure::from(error).into_message()).line())
            }));
            news
        }
        Err(error) => {
            let topic = Topic::NotServed(discriminant(&error));
            vec![(topic, Warning::NotServed(&Failure::from(error).into_message()).line())]
        }
    }
}
