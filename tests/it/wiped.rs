//! What is in the memory of a process that stays: the credentials that it serves, and none that were before.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::World;
use crate::support::fetch::get;

/// How often `texts` are in the memory of the process `id`.
fn found(id: u32, texts: &[&str]) -> Vec<usize> {
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{id}/mem")).unwrap();
    let mut counts = vec![0; texts.len()];
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        // A mapping that cannot be read holds nothing of ours.
        if memory.read_exact(&mut bytes).is_ok() {
            for (count, text) in counts.iter_mut().zip(texts) {
                *count += bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
            }
        }
    }
    counts
}

#[test]
#[ignore = "needs root, to read the memory of a process that lets nobody else"]
fn old_secrets_are_gone_from_memory_after_a_renewal() {
    let world = World::real();
    let spent = world.signed_in(0);
    let mut served = world.start(&["serve", "--profile", "demo"]);
    let url = served.line();
    let old = get(&url).field("AccessKeySecret");
    let refresh = world.refresh_token("demo");
    world.edit("demo", |item| {
        item["sts_expiration"] = json!(1);
        item["oauth_access_token_expire"] = json!(1);
    });
    let until = Instant::now() + Duration::from_secs(30);
    let new = loop {
        let new = get(&url).field("AccessKeySecret");
        if new != old && !new.is_empty() {
            break new;
        }
        assert!(Instant::now() < until, "no renewal");
    };
    let counts = found(served.id(), &[&new, &old, &refresh, &spent.refresh, &spent.access]);
    assert!(counts[0] > 0, "what is served is there: {counts:?}");
    assert_eq!(counts[1..], [0, 0, 0, 0], "old secret, spent refresh tokens, old access token");
}
