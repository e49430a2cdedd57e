# platform-realm.json with its @PLACEHOLDERS@ filled in from the environment and the staff accounts added.
# Everything secret comes by environment, so that no command line shows it.

def filled: gsub("@(?<name>[A-Z_]+)@"; $ENV[.name] // error("no value for the placeholder \(.name)"));

# An account named after its role: that one role, a password, and an authenticator already enrolled.
def account:
  . + {
    enabled: true,
    email: "\(.username)@steward.example",
    emailVerified: true,
    realmRoles: [.username],
    requiredActions: [],
    credentials: [
      { type: "password", value: $ENV.STAFF_PASSWORD, temporary: false },
      {
        type: "otp",
        userLabel: "development",
        secretData: { value: ($ENV["TOTP_" + (.username | gsub("-"; "_"))] // error("no TOTP key for \(.username)")) } | tojson,
        credentialData: { subType: "totp", digits: 6, counter: 0, period: 30, algorithm: "HmacSHA1" } | tojson
      }
    ]
  };

# A list entry for each address Steward may have.
def each_steward:
  if type == "string" and contains("@EACH_STEWARD@")
  then . as $entry | $ENV.STEWARD_ORIGINS | split(" ")[] as $origin | $entry | gsub("@EACH_STEWARD@"; $origin)
  else . end;

walk(if type == "array" then map(each_steward) else . end)
| walk(if type == "string" then filled else . end)
| .users += ($staff[0] | map(account))
