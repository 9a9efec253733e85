//! The keys of a profile.

macro_rules! fields {
    ($($variant:ident = $key:literal,)*) => {
        /// A key of a profile that the official client knows, in the order in which it writes them
        /// (aliyun-cli `config/profile.go`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = concat!("`", $key, "`")] $variant,)*
        }

        impl Field {
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The key in the file.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }
        }
    };
}

fields! {
    Name = "name",
    Mode = "mode",
    AccessKeyId = "access_key_id",
    AccessKeySecret = "access_key_secret",
    StsToken = "sts_token",
    StsRegion = "sts_region",
    StsEndpoint = "sts_endpoint",
    RamRoleName = "ram_role_name",
    RamRoleArn = "ram_role_arn",
    RamSessionName = "ram_session_name",
    ExternalId = "external_id",
    SourceProfile = "source_profile",
    PrivateKey = "private_key",
    KeyPairName = "key_pair_name",
    ExpiredSeconds = "expired_seconds",
    Verified = "verified",
    RegionId = "region_id",
    OutputFormat = "output_format",
    Language = "language",
    Site = "site",
    ReadTimeout = "read_timeout",
    ConnectTimeout = "connect_timeout",
    RetryCount = "retry_count",
    ProcessCommand = "process_command",
    CredentialsUri = "credentials_uri",
    OidcProviderArn = "oidc_provider_arn",
    OidcTokenFile = "oidc_token_file",
    CloudSsoSignInUrl = "cloud_sso_sign_in_url",
    AccessToken = "access_token",
    CloudSsoAccessTokenExpire = "cloud_sso_access_token_expire",
    StsExpiration = "sts_expiration",
    CloudSsoAccessConfig = "cloud_sso_access_config",
    CloudSsoAccountId = "cloud_sso_account_id",
    OauthAccessToken = "oauth_access_token",
    OauthRefreshToken = "oauth_refresh_token",
    OauthAccessTokenExpire = "oauth_access_token_expire",
    OauthRefreshTokenExpire = "oauth_refresh_token_expire",
    OauthSiteType = "oauth_site_type",
    EndpointType = "endpoint_type",
    Endpoint = "endpoint",
    ExternalAccountType = "external_account_type",
    AutoPluginInstall = "auto_plugin_install",
    AutoPluginInstallEnablePre = "auto_plugin_install_enable_pre",
    BearerToken = "bearer_token",
    BearerTokenHeaderKey = "bearer_token_header_key",
}

impl Field {
    /// The place of `key` in the official order, whatever its case.
    pub(super) fn rank(key: &str) -> Option<usize> {
        Self::ALL.iter().position(|field| field.key().eq_ignore_ascii_case(key))
    }

    /// The field with this key, whatever its case.
    pub fn of(key: &str) -> Option<Self> {
        Self::rank(key).map(|rank| Self::ALL[rank])
    }

    /// Whether whoever has the value can act as the identity, or renew its credentials.
    pub const fn is_secret(self) -> bool {
        matches!(
            self,
            Self::AccessKeySecret
                | Self::StsToken
                | Self::PrivateKey
                | Self::CredentialsUri
                | Self::AccessToken
                | Self::OauthAccessToken
                | Self::OauthRefreshToken
                | Self::BearerToken
        )
    }

    /// Whether the official client stores a number or a truth value here.
    pub(super) const fn is_number(self) -> bool {
        matches!(
            self,
            Self::ExpiredSeconds
                | Self::ReadTimeout
                | Self::ConnectTimeout
                | Self::RetryCount
                | Self::CloudSsoAccessTokenExpire
                | Self::StsExpiration
                | Self::OauthAccessTokenExpire
                | Self::OauthRefreshTokenExpire
                | Self::AutoPluginInstall
                | Self::AutoPluginInstallEnablePre
        )
    }
}
