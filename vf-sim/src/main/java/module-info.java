/** Virtual functions made of software: registers, mailbox, rings, and the switch between them. */
module dev.javf.sim {
    requires static org.jspecify;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.packet;

    exports dev.javf.sim;
}
