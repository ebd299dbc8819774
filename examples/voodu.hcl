postgres "clowk-lp" "db" {
  image    = "postgres:17"
  replicas = 3

  pg_config = {
    max_connections = 200
    shared_buffers  = "256MB"
  }
}

deployment "clowk-lp" "web" {
  image = "ghcr.io/clowk/web:latest"
  ports = ["3000"]
}
