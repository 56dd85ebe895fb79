# Only where there is none: the owner may have become the core's user.
for directory in /etc/siteferry /var/lib/siteferry; do
  [ -d "$directory" ] || install -d -o siteferry -g siteferry -m 0750 "$directory"
done
# Nothing is started that an administrator hasn't set up; what runs goes on with the new executable.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  # Debian's asks policy-rc.d first.
  invoke=$(command -v deb-systemd-invoke || echo systemctl)
  $invoke try-restart siteferry-send.service siteferry-receive.service || true
fi
