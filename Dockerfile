# The one image of all processes: `docker build --build-arg PYTHON_IMAGE=<python 3.11, slim, by its
# digest> .` Nothing is fetched whose hash is not in requirements.lock or deploy/image/uv.lock.
ARG PYTHON_IMAGE

FROM ${PYTHON_IMAGE} AS builder
WORKDIR /build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY deploy/image/uv.lock ./
RUN python -m pip install --no-cache-dir --no-deps --require-hashes --requirement uv.lock
COPY pyproject.toml requirements.lock ./
# The lock has the packages of tests too: as constraints it gives versions and hashes for those that
# are asked for, and brings no others.
RUN uv venv --no-cache /opt/mizan \
    && uv pip install --no-cache --python /opt/mizan/bin/python --compile-bytecode \
        --require-hashes --constraint requirements.lock --requirement pyproject.toml
COPY README.md LICENSE ./
COPY services services
COPY shared shared
RUN uv build --no-cache --wheel --require-hashes --build-constraints requirements.lock \
    && uv pip install --no-cache --python /opt/mizan/bin/python --compile-bytecode --no-deps \
        --no-index dist/*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="mizan" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/mizan/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# It belongs to root: whoever runs it cannot change it.
COPY --from=builder /opt/mizan /opt/mizan
USER 10001:10001
ENTRYPOINT ["python", "-m"]
CMD ["services.command_line"]
