# The mail sink: every mail Steward and Keycloak send ends here and can be read back over HTTP.
# shellcheck shell=bash

venv=aiosmtpd-$AIOSMTPD_VERSION

install_part() {
  if absent "$venv"; then
    say "fetching aiosmtpd $AIOSMTPD_VERSION"
    python_packages "$venv" "aiosmtpd==$AIOSMTPD_VERSION"
    complete "$venv"
  fi
}

start_part() {
  if alive mail >/dev/null; then return 0; fi
  free_port mail "$MAIL_SMTP_PORT"
  free_port mail "$MAIL_API_PORT"
  mkdir -p "$INSTANCE/mail"
  launch mail "$STEWARD_CACHE/$venv/bin/python" "$stack_dir/mail/mailsink.py" "$MAIL_SMTP_PORT" "$MAIL_API_PORT" "$INSTANCE/mail/messages.jsonl"
  await mail 20 ready_part
}

ready_part() {
  curl -fsS --max-time 2 "http://127.0.0.1:$MAIL_API_PORT/healthz"
}

stop_part() {
  end mail
}

programs() {
  echo mail
}
