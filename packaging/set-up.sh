# The user of the units, unless an administrator has made one.
if ! getent passwd siteferry >/dev/null; then
  if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers siteferry.conf
  else
    useradd --system --user-group --home-dir /var/lib/siteferry --no-create-home --shell /usr/sbin/nologin siteferry
  fi
fi
# Only where there is none: the owner may have become the core's user.
for directory in /etc/siteferry /var/lib/siteferry; do
  [ -d "$directory" ] || install -d -o siteferry -g siteferry -m 0750 "$directory"
done
# Nothing is started that an administrator hasn't set up; what runs goes on with the new executable.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  systemctl try-restart siteferry-send.service siteferry-receive.service || true
fi
