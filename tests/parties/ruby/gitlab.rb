# A web application that signs people in with GitLab's strategy, as GitLab's document says. It prints its port, reads
# its configuration as one line of JSON (app_id, app_secret, site, strategy), and serves until it is stopped.

require "json"
require "securerandom"
require "rack"
require "webrick"
require "omniauth-alicloud"

module OmniAuth
  module Strategies
    # The rules of version 3 of the strategy, written for this test.
    class AlicloudThree < Alicloud
      option :name, "alicloud"

      uid { raw_info["sub"] }

      def callback_url
        full_host + callback_path
      end
    end
  end
end

# What GitLab sees of a person who signed in.
ANSWER = lambda do |env|
  request = Rack::Request.new(env)
  next [200, { "Content-Type" => "text/html" }, [<<~HTML]] if request.path == "/"
    <form method="post" action="/users/auth/alicloud"><button>Sign in with AliCloud</button></form>
  HTML
  auth = env["omniauth.auth"]
  seen = auth ? { uid: auth.uid, name: auth.info.name, email: auth.info.email, username: auth.info.username } : { failed: request.params["message"] }
  [200, { "Content-Type" => "text/plain" }, ["GitLab sees #{seen.to_json}"]]
end

def application(setup)
  OmniAuth.config.path_prefix = "/users/auth"
  OmniAuth.config.request_validation_phase = nil
  OmniAuth.config.logger = Logger.new(File::NULL)
  OmniAuth.config.on_failure = lambda do |env|
    [302, { "Location" => "/users/auth/failure?message=#{env["omniauth.error.type"]}" }, []]
  end
  args = {
    client_options: {
      site: setup["site"],
      authorize_url: "#{setup["site"]}/oauth2/v1/auth",
      token_url: "#{setup["site"]}/v1/token",
    },
  }
  strategy = setup["strategy"] == 3 ? OmniAuth::Strategies::AlicloudThree : OmniAuth::Strategies::Alicloud
  Rack::Builder.new do
    use Rack::Session::Cookie, secret: SecureRandom.hex(64)
    use strategy, setup["app_id"], setup["app_secret"], args
    run ANSWER
  end.to_app
end

app = nil
log = WEBrick::Log.new(File::NULL)
Rack::Handler::WEBrick.run(->(env) { app.call(env) }, Host: "127.0.0.1", Port: 0, Logger: log, AccessLog: []) do |server|
  puts server.listeners.first.addr[1]
  $stdout.flush
  app = application(JSON.parse($stdin.gets))
end
