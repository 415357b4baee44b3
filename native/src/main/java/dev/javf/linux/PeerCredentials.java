package dev.javf.linux;

/**
 * Who was at the other end of a UNIX socket when it connected or listened, as the kernel saw it
 * (SO_PEERCRED).
 *
 * @param pid process, as numbered in this process's PID namespace; 0 if it isn't in it.
 * @param uid effective user.
 * @param gid effective group.
 */
public record PeerCredentials(int pid, int uid, int gid) {}
