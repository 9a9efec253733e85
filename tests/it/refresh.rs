//! Renewal under faults: what may be lost, and what never is.

use std::time::Duration;

use crate::support::World;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_expired_session_renews_itself_with_one_refresh_and_one_exchange() {
    let world = World::new();
    world.sign_in("demo").done();
    let before = world.value("demo", "oauth_refresh_token");
    world.pass(HOUR);
    let output = world.run(&["credentials", "--profile", "demo"]).done();
    assert_eq!(output.stderr, "");
    assert!(output.stdout.contains(r#""mode":"StsToken""#), "{output}");
    assert_ne!(world.value("demo", "oauth_refresh_token"), before);
    assert_eq!(world.ledger().grants("refresh_token"), 1);
}
