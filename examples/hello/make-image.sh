#!/bin/sh
# Makes the image hello:1 on the local Docker engine, without a registry: a folder with a static busybox, imported.
set -eu

tag=${1:-hello:1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

busybox=$(command -v busybox || true)
if [ -z "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then
  # No static busybox on this machine: take the one of the public image, where there is a network.
  echo "no static busybox here (Debian: apt-get install busybox-static); pulling the busybox image instead" >&2
  docker pull -q busybox:stable-musl >/dev/null
  docker tag busybox:stable-musl "$tag"
  echo "$tag"
  exit 0
fi

mkdir -p "$folder/bin" "$folder/tmp" "$folder/etc" "$folder/www"
cp "$busybox" "$folder/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$folder/bin/$applet"
done
printf 'root:x:0:0:root:/:/bin/sh\nweb:x:1000:1000:web:/:/bin/sh\n' > "$folder/etc/passwd"
printf 'root:x:0:\nweb:x:1000:\n' > "$folder/etc/group"
chmod 1777 "$folder/tmp"
tar -C "$folder" -c . | docker import \
  -c 'ENV PATH=/bin' -c 'WORKDIR /' -c 'CMD ["/bin/sh"]' -c 'LABEL dev.kl.example=hello' \
  - "$tag" >/dev/null
echo "$tag"
