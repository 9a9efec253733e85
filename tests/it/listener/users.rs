//! Other users of the machine: they neither finish nor abort a sign-in.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aliyun_rs::host::{Host, Peers};
use aliyun_rs::oauth::loopback::CallbackRefusal;
use aliyun_rs::oauth::page::Page;

use super::{ME, SOMEBODY_ELSE, STATE, STRAY, SUCCESS, SignIn};
use super::{assert_hardened, get, status, true_callback};

#[test]
fn only_our_own_user_login_and_root_finish_a_sign_in() {
    let on = |uid: Owner| {
        let mut host = Host::from_os();
        (host.user, host.login_user) = (Some(ME), Some(501));
        let peers = Arc::new(OneUser(Mutex::new(uid)));
        host.peers = peers.clone();
        let mut sign_in = SignIn::on(host);
        sign_in.finish(Page::Success);
        (sign_in, peers)
    };
    let targets = [format!("code=the-code&state={STATE}"), format!("error=access_denied&state={STATE}")];
    for uid in [Ok(Some(ME)), Ok(Some(501)), Ok(Some(0)), Ok(None), Err(io::ErrorKind::Unsupported)] {
        let (sign_in, _) = on(uid);
        assert!(true_callback(sign_in.port).contains(SUCCESS), "{uid:?}");
        sign_in.ends_with_code("the-code");
    }
    let (sign_in, peers) = on(Ok(Some(SOMEBODY_ELSE)));
    for target in targets.iter().chain(&targets) {
        let answer = get(sign_in.port, &format!("/cli/callback?{target}"));
        assert_eq!(status(&answer), 403, "{answer}");
        assert!(answer.contains(STRAY), "{answer}");
        assert_hardened(&answer);
    }
    *peers.0.lock().unwrap() = Ok(Some(ME));
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [CallbackRefusal::OtherUser(SOMEBODY_ELSE)]);
}

type Owner = Result<Option<u32>, io::ErrorKind>;

/// A machine on which every connection is one user's.
struct OneUser(Mutex<Owner>);

impl Peers for OneUser {
    fn owner(&self, _: SocketAddr, _: SocketAddr) -> io::Result<Option<u32>> {
        (*self.0.lock().unwrap()).map_err(io::Error::from)
    }

    fn owner_at_once(&self, _: SocketAddr, _: SocketAddr) -> Option<u32> {
        (*self.0.lock().unwrap()).ok().flatten()
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, setpriv and curl, to ask as a second user"]
#[expect(clippy::disallowed_methods, reason = "a second user needs a second program")]
fn a_second_user_can_neither_finish_nor_abort_a_sign_in() {
    const NOBODY: u32 = 65534;
    assert_eq!(rustix::process::getuid().as_raw(), 0, "this test needs root");
    let mut host = Host::from_os();
    (host.user, host.login_user) = (Some(ME), None);
    let mut sign_in = SignIn::on(host);
    sign_in.finish(Page::Success);
    for parameter in ["code=stolen", "error=access_denied"] {
        let url = format!("http://127.0.0.1:{}/cli/callback?{parameter}&state={STATE}", sign_in.port);
        let asked = std::process::Command::new("setpriv")
            .args(["--reuid=65534", "--clear-groups", "curl", "--silent", "--noproxy", "*", &url])
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&asked.stdout).contains(STRAY), "{asked:?}");
    }
    // This test runs as root, who may.
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert_eq!(sign_in.refused(), [CallbackRefusal::OtherUser(NOBODY)]);
}
