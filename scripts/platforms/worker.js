// A worker of the bundled program's own, next to the bundle under the name that the bridge's has in the package.
throw new Error("the program's own worker was started as the bridge");
