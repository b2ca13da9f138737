const { Pool } = require("undici");

module.exports = (origin) => {
  const pool = new Pool(origin);
  return async (request) => {
    const { body } = await pool.request(request);
    return body.text();
  };
};
