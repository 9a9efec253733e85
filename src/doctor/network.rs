//! The way to Alibaba Cloud: each host of both sites, its certificate, and the clock.

use std::time::{Duration, Instant};

use http::header::DATE;

use super::Finding;
use crate::host::{Host, Request, TimeLimit};
use crate::site::{Cloud, Site};
use crate::time::{Skew, Timestamp};

/// How long a host may take.
const HOST_TIME_LIMIT: TimeLimit = TimeLimit(Duration::from_secs(10));

/// Asks each host for its first page, all at once. Any answer is good: only the way there is looked at.
pub async fn ask(host: &Host, cloud: &Cloud) -> Vec<Finding> {
    let mut asked = tokio::task::JoinSet::new();
    for (place, url) in urls(cloud).into_iter().enumerate() {
        let (http, clock) = (host.http.clone(), host.clock.clone());
        asked.spawn(async move {
            let mut request = Request::new(Vec::new());
            *request.uri_mut() = url.parse().unwrap_or_default();
            request.extensions_mut().insert(HOST_TIME_LIMIT);
            let name = request.uri().host().unwrap_or_default().to_owned();
            let started = Instant::now();
            let answer = http.send(request).await;
            let took = started.elapsed();
            (place, answer.map(|answer| (name, took, skew(&answer, clock.now()))))
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    findings(answers.into_iter().map(|(_, answer)| answer))
}

type HostAnswer = Result<(String, Duration, Option<Skew>), crate::host::TransportError>;

fn findings(answers: impl Iterator<Item = HostAnswer>) -> Vec<Finding> {
    let (mut findings, mut clock) = (Vec::new(), None);
    for answer in answers {
        findings.push(match answer {
            Ok((host, took, skew)) => {
                clock = clock.or(skew);
                Finding::Reached { host, took }
            }
            Err(error) => Finding::Unreached(error),
        });
    }
    findings.extend(clock.map(Finding::Clock));
    findings
}

fn skew(answer: &crate::host::Response, now: Timestamp) -> Option<Skew> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    Some(Skew::between(Timestamp::parse_http_date(date)?, now))
}

/// One address at each host.
fn urls(cloud: &Cloud) -> Vec<String> {
    let sites = [Site::China, Site::International];
    let mut urls: Vec<_> = sites.iter().flat_map(|site| [cloud.authorize_url(*site), cloud.token_url(*site)]).collect();
    urls.push(cloud.sts_url());
    if cloud.is_sandbox() {
        urls.truncate(1);
    }
    urls
}
