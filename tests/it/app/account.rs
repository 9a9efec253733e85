//! An application of the sandbox's account, from its creation to its end, by commands alone.

use std::fs;

use aliyun_rs::host::Host;
use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

use crate::support::World;

const CALLBACK: &str = "https://gitlab.example.com/users/auth/alicloud/callback";

/// An account, and the AccessKey of its administrator.
fn account() -> World {
    let world = World::new();
    let (id, secret) = world.sandbox.access_key("root");
    let admin = json!({"name": "admin", "mode": "AK", "access_key_id": id, "access_key_secret": secret});
    world.write_config(&json!({"current": "admin", "profiles": [admin]}).to_string());
    world
}

/// Posts a form, as a browser or a GitLab does; the address that it leads to, and the answer.
fn post(world: &World, path: &str, fields: &[(&str, &str)]) -> (Option<url::Url>, Value) {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http::Request::post(format!("{}{path}", world.sandbox.url()))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(Host::from_os().http.send(request)).unwrap();
    let location = answer.headers().get(LOCATION).map(|location| location.to_str().unwrap().parse().unwrap());
    (location, serde_json::from_slice(answer.body()).unwrap_or_default())
}

#[test]
fn an_application_of_ones_own_signs_a_user_in() {
    let world = account();
    let path = |name: &str| world.home.path().join(name).to_str().unwrap().to_owned();
    let create = ["app", "create", "gitlab", "--gitlab-url", "https://gitlab.example.com", "--yes"];
    world.run(&[&create[..], &["--secret-file", &path("first")]].concat()).done().says("YOUR_APP_SECRET");
    world.run(&[&create[..], &["--secret-file", &path("second")]].concat()).exits(2).warns("and is as wanted");
    let show = || -> Value {
        serde_json::from_str(&world.run(&["app", "show", "gitlab", "--format", "json"]).done().stdout).unwrap()
    };
    let application = show();
    let (id, first) = (application["id"].as_str().unwrap(), application["secret_ids"][0].as_str().unwrap());
    let redeem = |secret: &str| {
        let asked = [("response_type", "code"), ("client_id", id), ("redirect_uri", CALLBACK), ("state", "s")];
        let decision = [("user", "bob"), ("decision", "authorize")];
        let target = post(&world, "/oauth2/v1/auth", &[&asked[..], &decision].concat()).0.unwrap();
        let (_, code) = target.query_pairs().find(|(name, _)| name == "code").unwrap();
        let grant = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
        let secret = fs::read_to_string(path(secret)).unwrap();
        post(&world, "/v1/token", &[&grant[..], &[("client_id", id), ("client_secret", &secret)]].concat()).1
    };
    assert_eq!(redeem("first")["scope"], "aliuid openid profile");

    world.run(&["app", "rotate-secret", "gitlab", "--secret-file", &path("second"), "--yes"]).done();
    world.run(&["app", "rotate-secret", "gitlab", "--secret-file", &path("third"), "--yes"]).exits(2);
    assert!(redeem("first")["access_token"].is_string() && redeem("second")["access_token"].is_string());
    world.run(&["app", "rotate-secret", "gitlab", "--drop", first, "--yes"]).done();
    assert_eq!(redeem("first")["error"], "invalid_client");
    assert!(redeem("second")["access_token"].is_string());

    world.run(&["app", "update", "gitlab", "--callback-url", "https://new.example.com/cb", "--yes"]).done();
    assert_eq!(show()["callback_urls"], json!([CALLBACK, "https://new.example.com/cb"]));
    world.run(&["app", "delete", "gitlab", "--yes"]).done();
    world.run(&["app", "show", "gitlab"]).exits(2).warns("there is no application `gitlab`");
}

#[test]
fn applications_are_administered_in_chinese() {
    let world = account();
    let file = world.home.path().join("secret");
    let speak = |args: &[&str]| world.run(&[&["--language", "zh"], args].concat());
    let create = ["app", "create", "gitlab", "--gitlab-url", "https://gitlab.example.com", "--yes", "--secret-file"];
    let created = speak(&[&create[..], &[file.to_str().unwrap()]].concat()).done();
    created.says(&format!("回调地址      {CALLBACK}")).says("已创建应用").warns("应用密钥");
    for (args, code, words) in [
        (&["app", "list"][..], 0, "显示名称"),
        (&["app", "show", "gitlab"], 0, "账号          仅限本账号"),
        (&["app", "update", "gitlab", "--scope", "/acs/alidns", "--yes"], 0, "+ /acs/alidns"),
        (&["app", "rotate-secret", "gitlab", "--drop", "none"], 2, "没有此 ID 的密钥"),
        (&["app", "create", "a b", "--type", "web"], 2, "名称最多 64 个字符"),
        (&["app", "show", "nobody"], 2, "账号中没有应用 `nobody`"),
        (&["app", "delete", "gitlab"], 2, "任何人都无法"),
        (&["app", "delete", "gitlab", "--yes"], 0, "已删除应用"),
    ] {
        let output = speak(args).exits(code);
        assert!(format!("{output}").contains(words), "no `{words}` in\n{output}");
    }
}
