//! Any order of renewals, faults, stale copies and other tools: what is known to be spent is never presented, and no
//! login is lost for which nobody else is to blame.

use std::collections::BTreeSet;
use std::time::Duration;

use aliyun_rs::sandbox::fingerprint;
use proptest::prelude::*;

use crate::support::World;
use crate::support::tool::Tokens;

const ARGS: [&str; 3] = ["credentials", "--profile", "demo"];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Minutes(u64),
    Run,
    /// A tool writes back the copy of the file that it read some steps ago.
    Restore(prop::sample::Index),
    /// A tool renews the login that is in the file, if it still can, and we come to see it.
    ToolRenews,
    /// Somebody signs in with another tool, and we come to see it.
    ToolSignsIn,
    /// The profile is deleted here and signed in elsewhere.
    DeleteAndSignIn,
    /// The next run meets a fault that loses no answer.
    Fault(&'static str),
}

const FAULTS: &[&str] = &[
    "token=503x1",
    "token=500x1",
    "token=dropx1",
    "token=htmlx1",
    "token=redirectx1",
    "exchange=400:nonsensex1",
    "exchange=403x1",
    "exchange=htmlx1",
    "exchange=dropx1",
    "exchange=without:securityTokenx1",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..100_u64).prop_map(Step::Minutes),
        6 => Just(Step::Run),
        4 => any::<prop::sample::Index>().prop_map(Step::Restore),
        2 => Just(Step::ToolRenews),
        1 => Just(Step::ToolSignsIn),
        1 => Just(Step::DeleteAndSignIn),
        2 => prop::sample::select(FAULTS).prop_map(Step::Fault),
    ];
    prop::collection::vec(step, 1..40)
}

/// One world, and what was seen in it.
struct Story {
    world: World,
    /// Every state that the file had since the profile was made.
    copies: Vec<String>,
    /// The fingerprints of refresh tokens that a run of ours has turned into others.
    spent: BTreeSet<Option<String>>,
    /// The refresh tokens that were the newest when a run of ours saw them, the last one at the end.
    seen: Vec<String>,
    faulty: bool,
}

impl Story {
    fn new() -> Self {
        let world = World::new();
        world.signed_in(3600);
        let mut story = Self { world, copies: vec![], spent: BTreeSet::new(), seen: vec![], faulty: false };
        story.run();
        story
    }

    fn play(&mut self, step: &Step) {
        if matches!(step, Step::ToolRenews | Step::ToolSignsIn | Step::DeleteAndSignIn) {
            self.calm();
        }
        match step {
            Step::Minutes(count) => self.world.pass(Duration::from_secs(count * 60)),
            Step::Run => self.run(),
            Step::Restore(index) => self.world.replace_config(index.get::<String>(&self.copies)),
            Step::ToolRenews => {
                if let Some(tokens) = self.world.tool_renews(&self.world.refresh_token("demo")) {
                    self.tool_saves(&tokens);
                }
            }
            Step::ToolSignsIn => {
                let tokens = self.world.tool_signs_in("bob");
                self.tool_saves(&tokens);
            }
            Step::DeleteAndSignIn => {
                self.world.run(&["configure", "delete", "--profile", "demo"]).done();
                (self.copies, self.seen) = (vec![], vec![]);
                self.spent.clear();
                let tokens = self.world.tool_signs_in("alice");
                self.tool_saves(&tokens);
            }
            Step::Fault(fault) => {
                self.world.fault(&[fault]);
                self.faulty = true;
            }
        }
    }

    /// The other tool saves no STS credentials, so that the run that follows looks at the tokens.
    fn tool_saves(&mut self, tokens: &Tokens) {
        self.world.tool_saves("demo", tokens, 3600);
        self.run();
    }

    fn run(&mut self) {
        let before = self.world.ledger().entries.len();
        let output = self.world.run(&ARGS);
        assert!(self.faulty || output.code == 0, "the login was lost: {output}");
        assert!([0, 4, 5].contains(&output.code), "a passing fault ended the login: {output}");
        for entry in &self.world.ledger().entries[before..] {
            if entry.grant.as_deref() == Some("refresh_token") {
                assert!(!self.spent.contains(&entry.presented), "a spent token was presented");
                if entry.outcome == "ok" {
                    self.spent.insert(entry.presented.clone());
                }
            }
        }
        self.remember();
        if self.faulty && output.code != 0 {
            self.calm();
        }
    }

    fn calm(&mut self) {
        self.world.fault(&[]);
        self.faulty = false;
    }

    /// Tokens that were in the file after a run and are not any more are spent too, unless the file is a copy.
    fn remember(&mut self) {
        let now = self.world.refresh_token("demo");
        if !self.seen.contains(&now) {
            self.spent.extend(self.seen.last().map(|last| Some(fingerprint(last))));
            self.seen.push(now);
        }
        self.copies.push(self.world.config());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_loses_a_login_or_presents_a_spent_token(steps in steps()) {
        let mut story = Story::new();
        for step in &steps {
            story.play(step);
        }
        story.calm();
        story.run();
        story.world.pass(Duration::from_secs(7200));
        story.run();
    }
}
