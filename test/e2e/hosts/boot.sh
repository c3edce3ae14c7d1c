# The first process of a host that is made of namespaces: FOLDER NAME. Ends with all its children when it is killed.
set -eu
folder=$1
hostname "$2"
mount --make-rprivate /
mkdir -p "$folder/cgroup" "$folder/docker"
# /sys must show this host's interfaces, and still the cgroups.
mount --rbind /sys/fs/cgroup "$folder/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$folder/cgroup" /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
ip link set lo up
# As at the start of a real host: the engine turns forwarding on, and refuses to forward what is not its own.
echo 0 >/proc/sys/net/ipv4/ip_forward
dockerd --data-root "$folder/docker" --cgroup-parent "/kl-hosts/$(basename "$folder")" >"$folder/dockerd.log" 2>&1 </dev/null &
# A shell, which takes leave of the dead.
while :; do sleep 1000; done
