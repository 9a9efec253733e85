//! An application of the account, with one secret, and the requests that it makes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::api::Call;
use super::client::{Answer, START, World, form};

pub(super) const CALLBACK: &str = "http://gitlab.example.com/users/auth/alicloud/callback";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// An application with one secret, as an administrator creates it.
pub(super) struct App<'a> {
    pub(super) world: &'a World,
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) secret_id: String,
}

impl<'a> App<'a> {
    pub(super) fn gitlab(world: &'a World) -> Self {
        Self::gitlab_at(world, START, CALLBACK)
    }

    pub(super) fn new(world: &'a World, fields: &[(&str, &str)]) -> Self {
        Self::create(world, START, CALLBACK, fields)
    }

    /// As [`Self::gitlab`], where the sandbox has this time, and the callback is another.
    pub(super) fn gitlab_at(world: &'a World, date: &str, callback: &str) -> Self {
        Self::create(world, date, callback, &[("AppType", "WebApp"), ("PredefinedScopes", "aliuid;profile")])
    }

    fn create(world: &'a World, date: &str, callback: &str, fields: &[(&str, &str)]) -> Self {
        let key = world.sandbox.access_key("root");
        let call = |action: &str, fields: &[(&str, &str)]| {
            world.call(&Call { date: date.to_owned(), ..Call::new(&key, action, fields) }).succeeds()
        };
        let fixed = [("DisplayName", "Example"), ("RedirectUris", callback)];
        let created = call("CreateApplication", &[&fixed, fields].concat());
        let id = created.at("Application.AppId").as_str().unwrap().to_owned();
        let secret = call("CreateAppSecret", &[("AppId", &id)]);
        let text = |name: &str| secret.at(&format!("AppSecret.{name}")).as_str().unwrap().to_owned();
        Self { world, id, secret: text("AppSecretValue"), secret_id: text("AppSecretId") }
    }

    pub(super) fn query(&self, changes: &[(&str, &str)]) -> String {
        let usual =
            [("response_type", "code"), ("client_id", &self.id), ("redirect_uri", CALLBACK), ("state", "a b&c")];
        let kept = usual.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        form(&kept.chain(changes).copied().collect::<Vec<_>>())
    }

    pub(super) fn decide(&self, user: &str, changes: &[(&str, &str)]) -> Answer {
        self.post(&self.query(changes), user)
    }

    fn post(&self, query: &str, user: &str) -> Answer {
        let body = format!("{query}&{}", form(&[("user", user), ("decision", "authorize")]));
        self.world.send("POST", "/oauth2/v1/auth", &[FORM], &body)
    }

    /// Where the decision of `user` leads that a request with this query asks for.
    pub(super) fn authorize(&self, query: &str, user: &str) -> String {
        let decided = self.post(query, user);
        decided.header("location").unwrap_or_else(|| panic!("{}", decided.body)).to_owned()
    }

    pub(super) fn code(&self, user: &str, changes: &[(&str, &str)]) -> String {
        let decided = self.decide(user, changes);
        let target = url::Url::parse(decided.header("location").unwrap_or_else(|| panic!("{}", decided.body))).unwrap();
        let find =
            |name: &str| target.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        assert_eq!(find("state").as_deref(), Some("a b&c"));
        find("code").unwrap()
    }

    pub(super) fn redeem(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let usual = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
        let secret = [("client_id", self.id.as_str()), ("client_secret", &self.secret)];
        self.world.post("/v1/token", &[&usual[..], &secret, more].concat())
    }

    /// Redeems a new code with these credentials in the body, and `basic` in the header.
    pub(super) fn redeem_as(&self, body: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
        let code = self.code("alice", &[]);
        let usual = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
        let basic = basic.map(|(id, secret)| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        let headers: Vec<_> =
            [FORM].into_iter().chain(basic.iter().map(|text| ("Authorization", text.as_str()))).collect();
        self.world.send("POST", "/v1/token", &headers, &form(&[&usual[..], body].concat()))
    }

    /// The scopes that `alice` grants.
    pub(super) fn scope(&self, changes: &[(&str, &str)]) -> String {
        let tokens = self.redeem(&self.code("alice", changes), &[]);
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        tokens.text("scope").to_owned()
    }
}
