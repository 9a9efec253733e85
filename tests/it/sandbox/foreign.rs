//! What a sandbox must not get: tokens that no sandbox issued, and folders that others can change.

use serde_json::json;

use aliyun_rs::sandbox::Endpoint;

use crate::support::fetch::get;
use crate::support::{Run, World, ports};

/// A profile in mode OAuth with tokens of Alibaba Cloud, whose access token ends in `life` seconds.
fn real_login(world: &World, life: i64) {
    world.signed_in(life);
    world.edit("demo", |item| {
        item["oauth_access_token"] = json!("real-access-token");
        item["oauth_refresh_token"] = json!("real-refresh-token");
    });
}

#[test]
fn no_token_of_alibaba_cloud_is_sent_to_a_sandbox() {
    for (life, args) in [
        (3600, &["credentials", "--profile", "demo"][..]),
        (-1, &["credentials", "--profile", "demo"]),
        (3600, &["whoami", "--profile", "demo"]),
        (-1, &["exec", "--profile", "demo", "--", "true"]),
    ] {
        let world = World::new();
        real_login(&world, life);
        let before = world.ledger().entries.len();
        let output = world.run(args).exits(2).warns("not issued by a sandbox").warns("unset ALIYUN_RS_SANDBOX");
        assert_eq!(output.stdout, "");
        assert_eq!(world.ledger().entries.len(), before, "{args:?}");
    }
}

#[test]
fn no_refresh_token_of_alibaba_cloud_is_revoked_at_a_sandbox() {
    let world = World::new();
    real_login(&world, 3600);
    let before = world.ledger().entries.len();
    world.run(&["delete", "demo", "--revoke"]).exits(2).warns("not issued by a sandbox");
    assert_eq!(world.ledger().entries.len(), before);
}

#[test]
fn no_security_token_of_alibaba_cloud_is_sent_to_a_sandbox() {
    let world = World::new();
    world.write_config(
        r#"{"profiles":[{"name":"demo","mode":"StsToken","access_key_id":"STS.x","access_key_secret":"y","sts_token":"z"}]}"#,
    );
    world.run(&["whoami", "--profile", "demo"]).exits(2).warns("not issued by a sandbox");
    assert_eq!(world.ledger().entries.len(), 0);
}

#[test]
fn no_key_of_alibaba_cloud_signs_for_a_sandbox() {
    for (mode, token) in [("AK", ""), ("StsToken", "sandbox-sts-z")] {
        let world = World::new();
        let profile = json!({"name": "demo", "mode": mode, "access_key_id": "LTAI5tExample",
            "access_key_secret": "a-real-key", "sts_token": token});
        world.write_config(&json!({"profiles": [profile]}).to_string());
        world.run(&["whoami", "--profile", "demo"]).exits(2).warns("not issued by a sandbox");
        assert_eq!(world.ledger().entries.len(), 0, "{mode}");
    }
}

#[test]
fn no_authorization_code_of_alibaba_cloud_is_sent_to_a_sandbox() {
    let world = World::new();
    let _turn = ports::turn();
    let args = ["configure", "--mode", "OAuth", "--profile", "demo", "--oauth-site-type", "CN"];
    let running = Run::new(&args).no_browser().start(&world);
    let page = url::Url::parse(&running.page()).unwrap();
    let sent = |name: &str| page.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    get(&format!("{}?state={}&code=a-real-code", sent("redirect_uri"), sent("state")));
    running.finish().exits(2).warns("not issued by a sandbox");
    assert_eq!(world.ledger().count(Endpoint::Token), 0);
}

#[cfg(unix)]
mod folders {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use aliyun_rs::sandbox::{FolderError, Options, Sandbox, StartError};

    use super::super::client;

    fn refused(folder: &Path) -> FolderError {
        match Sandbox::start(Options { folder: Some(folder.to_owned()), ..client::options() }) {
            Err(StartError::Folder { source, .. }) => source,
            other => panic!("{:?}", other.err()),
        }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_is_created_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data/sandbox");
        drop(Sandbox::start(Options { folder: Some(folder.clone()), ..client::options() }).unwrap());
        assert_eq!((mode(&folder), mode(&home.path().join("data"))), (0o700, 0o700));
    }

    #[test]
    fn a_folder_that_others_can_change_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("sandbox");
        fs::create_dir(&folder).unwrap();
        for mode in [0o770, 0o707, 0o777] {
            fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(refused(&folder), FolderError::WritableByOthers), "{mode:o}");
        }
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(refused(&folder), FolderError::WritableByOthers), "the parent");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing was written");
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let (target, link) = (home.path().join("target"), home.path().join("link"));
        fs::create_dir(&target).unwrap();
        symlink(&target, &link).unwrap();
        assert!(matches!(refused(&link), FolderError::NotADirectory));
        for name in ["lock", "running.json.tmp"] {
            let (folder, victim) = (home.path().join(format!("folder-{name}")), home.path().join("victim"));
            fs::create_dir(&folder).unwrap();
            fs::write(&victim, "precious").unwrap();
            symlink(&victim, folder.join(name)).unwrap();
            assert!(matches!(refused(&folder), FolderError::Io(_)), "{name}");
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        }
    }

    #[test]
    #[ignore = "needs root, to make a folder of another owner"]
    fn a_folder_of_another_owner_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("sandbox");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::chown(&folder, Some(65534), None).unwrap();
        assert!(matches!(refused(&folder), FolderError::ForeignOwner));
        std::os::unix::fs::chown(&folder, Some(0), None).unwrap();
        std::os::unix::fs::chown(home.path(), Some(65534), None).unwrap();
        assert!(matches!(refused(&folder), FolderError::ForeignOwner), "the parent");
    }
}
