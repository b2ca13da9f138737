// One round trip to sync-rpc's child: stdin goes to its port, what comes back to stdout. As little as can be loaded.
import { connect } from "node:net";

const socket = connect(Number(process.argv[2]), "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("error", () => process.exit(1));
