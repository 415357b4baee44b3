/** For applications in a process of their own: a ring port of the daemon. */
module dev.javf.client {
    requires static org.jspecify;
    requires transitive dev.javf.packet;
    requires transitive dev.javf.virtchnl;
    requires transitive org.agrona;

    exports dev.javf.client;
}
